// Real repositories of real source text, made once: Go modules as commits, written as one pack each.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { run } from './run.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Path below the host to the modules that are its commits. Some of these the cluster's own programs need anyway. */
const REPOSITORIES: Readonly<Record<string, readonly string[]>> = {
  'small/small.git': ['golang.org/x/text@v0.33.0', 'golang.org/x/tools@v0.41.0'],
  'git/git.git': [
    'k8s.io/kubernetes@v1.36.3',
    'google.golang.org/api@v0.259.0',
    'github.com/klauspost/compress@v1.19.1',
    'github.com/Azure/azure-sdk-for-go@v68.0.0+incompatible',
    'github.com/aws/aws-sdk-go@v1.55.6',
    'modernc.org/sqlite@v1.34.1',
  ],
};
const RECIPE = 1;
const WITHIN_MS = 8 * 60_000;
/** The first commit's time, seconds; each is an hour after the one before, so that equal input gives equal commits. */
const FIRST_COMMIT_AT = 1_700_000_000;

/** Finds or makes them. Resolves with the directory that holds them, by owner and name. */
export async function provideRepositories(input: {
  readonly cache: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<{ readonly directory: string; readonly paths: readonly string[] }> {
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, REPOSITORIES]))
    .digest('hex')
    .slice(0, 12);
  const paths = Object.keys(REPOSITORIES);
  const directory = join(input.cache, 'repositories', key);
  if (existsSync(directory)) return { directory, paths };
  mkdirSync(dirname(directory), { recursive: true });
  const workshop = mkdtempSync(join(dirname(directory), 'making-'));
  try {
    for (const [path, modules] of Object.entries(REPOSITORIES)) {
      input.onProgress(`making the Git repository ${path} of ${modules.length} Go modules`);
      await makeRepository({ ...input, repository: join(workshop, path), modules });
    }
    renameSync(workshop, directory);
    return { directory, paths };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

async function makeRepository(input: {
  readonly repository: string;
  readonly modules: readonly string[];
  readonly env: Environment;
}): Promise<void> {
  const { repository, modules } = input;
  const env = { ...input.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  await run(['git', 'init', '--quiet', '--bare', '--initial-branch=main', repository], { env });
  // Little compression is quickly made, and more bytes are welcome here.
  await run(['git', '-C', repository, 'config', 'core.compression', '1'], { env });
  const child = spawn('git', ['-C', repository, 'fast-import', '--quiet'], {
    env: { ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
    timeout: WITHIN_MS,
  });
  const ended = once(child, 'close');
  for (const [at, module] of modules.entries()) {
    const { Dir } = JSON.parse(await downloadModule({ module, env })) as { Dir: string };
    await writeCommit({ stream: child.stdin, at, module, source: Dir });
  }
  child.stdin.end();
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`git fast-import ended with ${code ?? 'a signal'}`);
  // With a bitmap a clone is served as it lies on the disk, and not counted first.
  const repack = ['repack', '-a', '-d', '-q', '--window=0', '--write-bitmap-index'];
  await run(['git', '-C', repository, ...repack], { env, timeoutMs: WITHIN_MS });
  writeFileSync(join(repository, 'description'), 'Go modules as commits, for the proxybench test cluster\n');
}

async function downloadModule(input: { readonly module: string; readonly env: Environment }): Promise<string> {
  const env = { ...input.env, GOFLAGS: '', GOWORK: 'off' };
  return run(['go', 'mod', 'download', '-json', input.module], { cwd: '/', env, timeoutMs: WITHIN_MS });
}

/** A commit on main that adds the module's files below its name, with a tag and a branch that stay at it. */
async function writeCommit(input: {
  readonly stream: Writable;
  readonly at: number;
  readonly module: string;
  readonly source: string;
}): Promise<void> {
  const { stream, at, module, source } = input;
  const name = module.replace(/@.*/, '');
  const message = `Add ${module}\n`;
  const when = `Test Cluster <test-cluster@proxybench.dev> ${FIRST_COMMIT_AT + at * 3600} +0000`;
  const head = [`commit refs/heads/main`, `mark :${at + 1}`, `author ${when}`, `committer ${when}`];
  stream.write(`${head.join('\n')}\ndata ${Buffer.byteLength(message)}\n${message}`);
  for (const file of filesBelow(source)) {
    const content = readFileSync(join(source, file));
    stream.write(`M 100644 inline ${name}/${file}\ndata ${content.length}\n`);
    stream.write(content);
    if (!stream.write('\n')) await once(stream, 'drain');
  }
  const tagger = `tagger ${when}\ndata ${Buffer.byteLength(message)}\n${message}`;
  stream.write(
    `\ntag v0.${at + 1}.0\nfrom :${at + 1}\n${tagger}\nreset refs/heads/release-0.${at + 1}\nfrom :${at + 1}\n\n`,
  );
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
}
