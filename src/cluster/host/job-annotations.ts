// A Job's annotations on disk: each merge is a new revision, so none is ever lost to another or seen half done.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createExclusively, isErrorWithCode, readIfThere } from './exclusive-file.ts';
import { DIRECTORY_MODE } from './run-directory.ts';

type Annotations = Readonly<Record<string, string>>;

/** The annotations as of the newest revision; empty when there is none. */
export async function readAnnotations(directory: string): Promise<Annotations> {
  return (await newestRevision(directory)).annotations;
}

/** Merges into the newest revision, key by key. A merge that changes nothing writes nothing. */
export async function mergeAnnotations(input: {
  readonly directory: string;
  readonly annotations: Annotations;
}): Promise<void> {
  await mkdir(input.directory, { recursive: true, mode: DIRECTORY_MODE });
  for (;;) {
    const newest = await newestRevision(input.directory);
    const merged = { ...newest.annotations, ...input.annotations };
    if (JSON.stringify(merged) === JSON.stringify(newest.annotations)) {
      return;
    }
    const path = join(input.directory, `${newest.revision + 1}.json`);
    if (await createExclusively({ path, content: `${JSON.stringify(merged)}\n` })) {
      return;
    }
    // Somebody else was faster: merge again, into theirs.
  }
}

async function newestRevision(
  directory: string,
): Promise<{ readonly revision: number; readonly annotations: Annotations }> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isErrorWithCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  });
  const revision = Math.max(
    0,
    ...names.filter((name) => /^\d+\.json$/.test(name)).map((name) => Number.parseInt(name, 10)),
  );
  const text = revision === 0 ? null : await readIfThere(join(directory, `${revision}.json`));
  return { revision, annotations: text === null ? {} : (JSON.parse(text) as Annotations) };
}
