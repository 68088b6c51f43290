import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { writePrograms } from '../../support/fake-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const scripts = fileURLToPath(new URL('../../../scripts/', import.meta.url));

/** Installs what the lock file says as npm does: the project's own Node first, its record of it all last. */
const NPM = `echo "$@" >> npm-runs; mkdir -p node_modules/.bin; ln -sf "${process.execPath}" node_modules/.bin/node; cp package-lock.json node_modules/.package-lock.json; echo "added 1 package"`;

const LOCK = {
  packages: {
    '': {},
    'node_modules/thing': { version: '1.0.0' },
    'node_modules/for-others': { version: '1.0.0', optional: true },
  },
};

/** A clone with nothing installed, whose one program prints its arguments and ends with code 5. */
function clone(): string {
  const root = temporaryDirectory('clone');
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK));
  writeFileSync(
    join(root, 'scripts', 'cli.ts'),
    'console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 5;\n',
  );
  return root;
}

function start(input: {
  readonly root: string;
  readonly script?: string;
  readonly args?: readonly string[];
  readonly path: string;
}) {
  const { root, script = 'scripts/bootstrap.mjs', args = ['scripts/cli.ts', 'a b', '--c'], path } = input;
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: '/',
    env: { PATH: path },
    // Away from the terminal that the tests may run in, whose Ctrl-C is passed on differently.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({
      stdout,
      stderr,
      code: code as number | null,
    }),
  );
  return { child, result };
}

const withNpm = (npm = NPM): string => `${writePrograms({ npm })}:/usr/bin:/bin`;

test('a fresh clone is installed once, and the program gets its arguments, its stdout and its exit code', async () => {
  const root = clone();
  const path = withNpm();
  const first = await start({ root, path }).result;
  const second = await start({ root, path }).result;
  expect(first).toMatchObject({ stdout: '["a b","--c"]\n', code: 5 });
  expect(first.stderr).toMatch(
    /^proxybench: installing dependencies: npm ci\nadded 1 package\nproxybench: dependencies installed in \d+ s\n$/,
  );
  expect(second).toEqual({ stdout: '["a b","--c"]\n', stderr: '', code: 5 });
  expect(readFileSync(join(root, 'npm-runs'), 'utf8')).toBe(
    'ci --include=dev --engine-strict=false --loglevel=error\n',
  );
});

test('a changed lock file and an interrupted install are both installed anew', async () => {
  const root = clone();
  const path = withNpm();
  await start({ root, path }).result;
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK).replace('1.0.0', '1.0.1'));
  await start({ root, path }).result;
  rmSync(join(root, 'node_modules', '.package-lock.json'));
  const third = await start({ root, path }).result;
  expect(third.stderr).toMatch(/^proxybench: dependencies are out of date: npm ci\n/);
  expect(readFileSync(join(root, 'npm-runs'), 'utf8').trim().split('\n')).toHaveLength(3);
});

test('a package left out because it is for another platform is not missing', async () => {
  const root = clone();
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(
    join(root, 'node_modules', '.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/thing': { version: '1.0.0' } } }),
  );
  expect((await start({ root, path: withNpm() }).result).stderr).toBe('');
});

test('a node_modules that is only a link is never installed into, and what it points to stays whole', async () => {
  const root = clone();
  const shared = temporaryDirectory('shared');
  writeFileSync(join(shared, 'precious'), 'kept');
  symlinkSync(shared, join(root, 'node_modules'));
  const { stderr, code } = await start({ root, path: withNpm('rm -rf node_modules/*') }).result;
  expect(code).toBe(1);
  expect(stderr).toContain(`node_modules is a link to ${shared}`);
  expect(readFileSync(join(shared, 'precious'), 'utf8')).toBe('kept');
});

test('without npm it says what to install', async () => {
  const { stderr, code } = await start({ root: clone(), path: '/nowhere' }).result;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /npm was not found on PATH\n {2}Install npm \(it comes with Node\.js\), then run this again\.\n$/,
  );
});

test('when npm fails, its own message stands above what to do', async () => {
  const { stderr, code } = await start({ root: clone(), path: withNpm('echo network is unreachable >&2; exit 7') })
    .result;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /network is unreachable\nproxybench: npm ci failed with exit code 7; its own message is above\n {2}Check that `npm ping` answers/,
  );
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s reaches the program once, and the program decides how to end',
  async (signal) => {
    const root = clone();
    writeFileSync(
      join(root, 'scripts', 'cli.ts'),
      `let heard = 0;
     const keep = setInterval(() => undefined, 1000);
     process.on('${signal}', () => { heard += 1; setTimeout(() => { console.log('heard', heard); clearInterval(keep); process.exitCode = 42; }, 400); });
     console.log('ready');`,
    );
    const { child, result } = start({ root, path: withNpm() });
    await once(child.stdout, 'readable');
    child.kill(signal);
    expect(await result).toMatchObject({ stdout: 'ready\nheard 1\n', code: 42 });
  },
);

test('the proxybench command runs through a link, and refuses to run from inside node_modules', async () => {
  const root = clone();
  const link = join(temporaryDirectory('bin'), 'proxybench');
  symlinkSync(join(root, 'scripts', 'proxybench.mjs'), link);
  expect(await start({ root: dirname(link), script: 'proxybench', args: ['list'], path: '/nowhere' }).result).toEqual({
    stdout: '["list"]\n',
    stderr: '',
    code: 5,
  });

  const installed = join(root, 'node_modules', 'proxybench');
  cpSync(join(root, 'scripts'), join(installed, 'scripts'), { recursive: true });
  const refused = await start({ root: installed, script: 'scripts/proxybench.mjs', args: [], path: '/nowhere' }).result;
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^proxybench cannot run from inside node_modules/);
});
