import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGitHttpServer } from '../../src/cluster/host/git-http-server.ts';
import type { GitHttpServer } from '../../src/cluster/host/git-http-server.ts';
import { findThisClone, servingGitEnvironment } from '../../src/cluster/host/this-clone.ts';
import { findMarkedProcesses } from '../../src/processes/end-processes.ts';
import { runCommand } from '../../src/processes/run-command.ts';

const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
let room: string;
let server: GitHttpServer | null = null;

beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'proxybench-git-'));
});
afterEach(async () => {
  await server?.close();
  server = null;
  await rm(room, { recursive: true, force: true });
});

async function run(command: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: room,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...identity,
  };
  const { exit, lines } = await runCommand({ command, env, cwd: room, timeoutMs: 60_000 });
  return { code: exit.code, text: lines.join('\n') };
}

async function git(...words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  return run(['git', ...words]);
}

/** A repository with this many commits, a tag for each of them and 2 branches; resolves with its head. */
async function makeRepository(input: { readonly commits: number }): Promise<string> {
  const script = `set -e
    git init --quiet -b main origin && cd origin
    for i in $(seq "$0"); do echo $i > file; git add file; git commit --quiet -m "commit $i"; git tag "tag-$i"; done
    git branch other
    git rev-parse HEAD`;
  return (await run(['sh', '-c', script, String(input.commits)])).text;
}

async function serve(from: string): Promise<GitHttpServer> {
  const clone = await findThisClone({ from });
  if ('whyNot' in clone) {
    throw new Error(clone.whyNot);
  }
  server = await startGitHttpServer({
    gitDirectory: clone.gitDirectory,
    env: { ...servingGitEnvironment(process.env), MARK: room },
  });
  return server;
}

test('a mirror gets every branch, and an update later on gets what is new', async () => {
  await makeRepository({ commits: 3 });
  const { url } = await serve(join(room, 'origin'));
  expect((await git('clone', '--quiet', '--mirror', url, 'mirror.git')).code).toBe(0);
  await git('-C', 'origin', 'branch', '-D', 'other');
  await git('-C', 'origin', 'commit', '--quiet', '--allow-empty', '-m', 'new');
  expect((await git('-C', 'mirror.git', 'remote', 'update', '--prune')).code).toBe(0);
  const ours = await git('-C', 'mirror.git', 'for-each-ref');
  expect(ours).toEqual(await git('-C', 'origin', 'for-each-ref'));
  expect(ours.text.split('\n')).toHaveLength(4);
});

test('a shallow clone and a worktree of it can be served', async () => {
  const head = await makeRepository({ commits: 5 });
  await git('clone', '--quiet', '--depth', '2', `file://${room}/origin`, 'shallow');
  await git('-C', 'shallow', 'worktree', 'add', '--quiet', '../tree', '-b', 'side');
  const { url } = await serve(join(room, 'tree'));
  expect((await git('clone', '--quiet', '--mirror', url, 'mirror.git')).code).toBe(0);
  expect((await git('-C', 'mirror.git', 'rev-parse', 'refs/heads/side')).text).toBe(head);
  expect((await git('-C', 'mirror.git', 'rev-list', '--count', 'refs/heads/side')).text).toBe('2');
});

test('the old protocol, compressed and chunked requests are all understood', async () => {
  await makeRepository({ commits: 40 });
  const { url } = await serve(join(room, 'origin'));
  const old = ['-c', 'protocol.version=0'];
  expect(
    (await git(...old, '-c', 'http.postBuffer=1024', 'clone', '--quiet', '--mirror', url, 'chunked.git')).code,
  ).toBe(0);
  expect((await git(...old, 'clone', '--quiet', '--mirror', url, 'plain.git')).code).toBe(0);

  const head = (await git('-C', 'origin', 'rev-parse', 'HEAD')).text;
  const want = `want ${head} no-progress\n`;
  const body = `${(want.length + 4).toString(16).padStart(4, '0')}${want}00000009done\n`;
  const answer = await fetch(`${url}/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip' },
    body: gzipSync(body),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/x-git-upload-pack-result');
  expect(
    Buffer.from(await answer.arrayBuffer())
      .subarray(0, 12)
      .toString('latin1'),
  ).toBe('0008NAK\nPACK');
});

test('nothing can be pushed', async () => {
  await makeRepository({ commits: 2 });
  const { url } = await serve(join(room, 'origin'));
  await git('clone', '--quiet', url, 'clone');
  const push = await git('-C', 'clone', 'push', 'origin', 'HEAD:refs/heads/pushed');
  expect(push.code).not.toBe(0);
  expect(push.text).toContain('403');
  expect((await git('-C', 'origin', 'for-each-ref', 'refs/heads/pushed')).text).toBe('');
});

test.each([
  ['GET', '/this-clone.git/info/refs?service=git-receive-pack'],
  ['GET', '/this-clone.git/info/refs'],
  ['GET', '/this-clone.git/HEAD'],
  ['GET', '/this-clone.git/config'],
  ['GET', '/this-clone.git/../origin/.git/config'],
  ['GET', '/this-clone.git/%2e%2e/config'],
  ['GET', '/other.git/info/refs?service=git-upload-pack'],
  ['GET', '/'],
  ['POST', '/this-clone.git/git-receive-pack'],
  ['PUT', '/this-clone.git/git-upload-pack'],
])('%s %s is refused before git hears of it', async (method, path) => {
  await makeRepository({ commits: 1 });
  const { url } = await serve(join(room, 'origin'));
  const answer = await fetch(new URL(url).origin + path, { method });
  expect(answer.status).toBe(403);
});

test('closing cuts a transfer short and leaves no program of git’s running', async () => {
  await makeRepository({ commits: 2 });
  const { url } = await serve(join(room, 'origin'));
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('0032want')) });
  const headers = { 'content-type': 'application/x-git-upload-pack-request' };
  const unfinished = fetch(`${url}/git-upload-pack`, { method: 'POST', headers, body, duplex: 'half' })
    .then((answer) => answer.text())
    .catch(() => 'cut');
  const marker = { name: 'MARK', value: room };
  await expect.poll(() => findMarkedProcesses(marker).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await server?.close();
  expect(await unfinished).toBe('cut');
  expect(findMarkedProcesses(marker)).toEqual([]);
});

// Only root can give a repository away; git itself refuses one that belongs to somebody else.
test.runIf(process.getuid?.() === 0)('a repository that belongs to another user is served all the same', async () => {
  await makeRepository({ commits: 1 });
  await run(['chown', '-R', '65534:65534', 'origin']);
  expect((await git('-C', 'origin', 'status')).text).toContain('dubious ownership');
  const { url } = await serve(join(room, 'origin'));
  expect((await git('clone', '--quiet', '--mirror', url, 'mirror.git')).code).toBe(0);
});

test('a folder without a repository, and a repository without a commit, say why they cannot be served', async () => {
  expect(await findThisClone({ from: room })).toEqual({
    whyNot: expect.stringContaining('does not lie in a Git repository'),
  });
  await git('init', '--quiet', 'origin');
  expect(await findThisClone({ from: join(room, 'origin') })).toEqual({
    whyNot: expect.stringContaining('no commit yet'),
  });
});
