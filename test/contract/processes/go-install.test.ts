import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goInstall } from '../../../src/processes/go-install.ts';
import { writePrograms } from '../../support/fake-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const program = { name: 'tool', module: 'example.com/cmd/tool', version: 'v1.2.3' };
const BUILDS = 'printf built > "$GOBIN/tool"; exit 0';
const LOST =
  'go: example.com/cmd/tool@v1.2.3: Get "https://proxy.example/x": read tcp 10.0.0.1:5: connection reset by peer';

/** A `go` that counts its runs and does `first` in the first of them. */
function machine({ first, then }: { readonly first: string; readonly then: string }) {
  const home = temporaryDirectory('home');
  const cacheDir = temporaryDirectory('cache');
  const go = `echo run >> "$HOME/runs"\nif [ "$(wc -l < "$HOME/runs")" -eq 1 ]; then ${first}; fi\n${then}`;
  const lines: string[] = [];
  return {
    lines,
    install: (signal?: AbortSignal) =>
      goInstall({
        program,
        cacheDir,
        env: { HOME: home, PATH: `${writePrograms({ go })}:/usr/bin:/bin` },
        onProgress: (line) => lines.push(line),
        ...(signal === undefined ? {} : { signal }),
      }),
    runs: () => readFileSync(join(home, 'runs'), 'utf8').trim().split('\n').length,
    left: () => readdirSync(join(cacheDir, 'tool/v1.2.3')),
  };
}

const failing = (line: string): string => `echo '${line}' >&2; exit 1`;

test('a build that the network failed is tried once more, and says so', async () => {
  const { install, runs, lines } = machine({ first: failing(LOST), then: BUILDS });
  expect(existsSync(await install())).toBe(true);
  expect(runs()).toBe(2);
  expect(lines).toContain(`building tool failed on the network and is tried once more: ${LOST}`);
});

test('a build that the network fails twice is given up, and leaves nothing behind', async () => {
  const { install, runs, left } = machine({ first: ':', then: failing(LOST) });
  await expect(install()).rejects.toThrow(LOST);
  expect([runs(), left()]).toEqual([2, []]);
});

test('a build that fails in another way is not tried again', async () => {
  const { install, runs } = machine({ first: failing('go: no such module'), then: BUILDS });
  await expect(install()).rejects.toThrow('go: no such module');
  expect(runs()).toBe(1);
});

test('a build that is stopped before its second try has none', async () => {
  const stopping = new AbortController();
  const { install, runs, lines } = machine({ first: failing(LOST), then: BUILDS });
  lines.push = (...added) => {
    if (added.some((line) => line.includes('once more'))) stopping.abort();
    return added.length;
  };
  await expect(install(stopping.signal)).rejects.toThrow('it was stopped');
  expect(runs()).toBe(1);
});
