// Which of a program's pages are in memory already when it starts: all of them (warm) or none (cold).
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { captureCommand } from '../../src/processes/capture-command.ts';

const WITHIN_MS = 60_000;

/** A program that nobody else runs, with the libraries it loads: else their pages would always be somebody else's. */
export interface OwnProgram {
  readonly path: string;
  /** For LD_LIBRARY_PATH. */
  readonly libraries: string;
  /** All of it: what is warm or cold. */
  readonly files: readonly string[];
}

/** Copies the program and the libraries it is linked with into `directory`, under the program's own name. */
export async function copyProgram(input: {
  readonly program: string;
  readonly name: string;
  readonly directory: string;
}): Promise<OwnProgram> {
  const libraries = join(input.directory, 'lib');
  await mkdir(libraries, { recursive: true });
  const path = join(input.directory, input.name);
  await copyFile(input.program, path);
  await chmod(path, 0o755);
  const needed = (await output(['ldd', path])).matchAll(/=> (\/\S+)/g);
  const files = await Promise.all(
    [...needed].map(async ([, library = '']) => {
      const copy = join(libraries, basename(library));
      await copyFile(library, copy);
      return copy;
    }),
  );
  return { path, libraries, files: [path, ...files] };
}

/** Reads the files whole, so that their pages are there and charged to this process's group, not to who runs them. */
export async function warmFiles(files: readonly string[]): Promise<void> {
  for (const file of files) for await (const chunk of createReadStream(file)) void chunk;
}

/**
 * Gives the files' pages up, so that who reads them next is charged for them. Pages that somebody has mapped stay.
 * @throws Error when a page has stayed
 */
export async function dropFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    // A page that is not yet written out cannot be given up.
    const handle = await open(file, 'r');
    await handle.sync();
    await handle.close();
    // With a count of nothing, `nocache` speaks of the whole file.
    await output(['dd', `if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
    const left = Number(await output(['fincore', '--bytes', '--noheadings', '--output', 'RES', file]));
    if (left > 0) throw new Error(`${left} bytes of ${file} are still in the page cache`);
  }
}

async function output(command: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const run = await captureCommand({ command, env, timeoutMs: WITHIN_MS, maxBytes: 4096 });
  if (run.exit.code !== 0) throw new Error(`${command[0] ?? ''} failed: ${run.errorTail.trim()}`);
  return run.output.toString('utf8').trim();
}
