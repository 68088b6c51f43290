import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTemporal, findTemporalCommand } from '../../../src/temporal/find-temporal.ts';
import { goInstallSource } from '../../../src/temporal/go-install-source.ts';
import { pathSource } from '../../../src/temporal/path-source.ts';
import type { TemporalSource } from '../../../src/temporal/temporal-source.ts';
import { writePrograms } from '../../support/fake-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Stands where the SDK's download stands in the order; the real one would fetch 50 MB. */
const offline: TemporalSource = {
  name: "the SDK's download",
  present: async () => null,
  obtain: async () => {
    throw new Error('no route');
  },
};
const sources = [pathSource, offline, goInstallSource];

/** Builds by writing a program that works, and counts its runs. */
const BUILDING_GO =
  'echo "$@" >> "$HOME/go-runs"; printf "#!/bin/sh\\necho built\\n" > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"';

function machine(programs: Readonly<Record<string, string>>): Record<string, string> {
  return { HOME: temporaryDirectory('home'), PATH: `${writePrograms(programs)}:/usr/bin:/bin` };
}

test('a temporal on PATH is used and nothing is fetched', async () => {
  const env = machine({ temporal: 'echo temporal version 9', go: BUILDING_GO });
  const found = await findTemporalCommand({ env, sources });
  expect(found).toEqual({ binary: join(env['PATH']?.split(':')[0] ?? '', 'temporal'), source: '`temporal` on PATH' });
  expect(existsSync(join(env['HOME'] ?? '', 'go-runs'))).toBe(false);
});

test('go install builds the pinned version where there is no other way, and only once', async () => {
  const env = machine({ go: BUILDING_GO });
  const lines: string[] = [];
  const first = await findTemporalCommand({ env, sources, onProgress: (line) => lines.push(line) });
  const second = await findTemporalCommand({ env, sources });
  expect(first).toEqual({
    binary: join(env['HOME'] ?? '', '.cache/proxybench/temporal/v1.5.1/temporal'),
    source: '`go install`',
  });
  expect(second).toEqual(first);
  expect(readFileSync(join(env['HOME'] ?? '', 'go-runs'), 'utf8')).toBe(
    'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
  );
  expect(lines.map((line) => line.replace(/\d+ s$/, 'N s'))).toEqual([
    'no Temporal from `temporal` on PATH: there is none',
    "no Temporal from the SDK's download: no route",
    'building temporal v1.5.1 with go install, once; this takes a few minutes',
    'temporal v1.5.1 was built in N s',
  ]);
});

test('a build that fails leaves nothing behind in the cache', async () => {
  const env = {
    ...machine({ go: 'echo half > "$GOBIN/temporal"; echo no such module >&2; exit 1' }),
    XDG_CACHE_HOME: temporaryDirectory('cache'),
  };
  await expect(findTemporalCommand({ env, sources })).rejects.toThrow('`go install`: no such module');
  expect(readdirSync(join(env.XDG_CACHE_HOME, 'proxybench/temporal/v1.5.1'))).toEqual([]);
});

test('a temporal that does not run is passed over, and said so', async () => {
  const env = machine({ temporal: 'exit 3', go: BUILDING_GO });
  const lines: string[] = [];
  const found = await findTemporalCommand({ env, sources, onProgress: (line) => lines.push(line) });
  expect(found.source).toBe('`go install`');
  expect(lines[0]).toMatch(/is there but `temporal --version` fails$/);
});

test('when nothing works, one error tells of every way and what to do', async () => {
  const env = { ...machine({}), PATH: '/nowhere' };
  await expect(findTemporalCommand({ env, sources })).rejects.toMatchObject({
    name: 'UnreachableError',
    message: [
      'No Temporal server is to be had on this machine:',
      '  `temporal` on PATH: there is none',
      "  the SDK's download: no route",
      '  `go install`: there is no `go` on PATH',
    ].join('\n'),
    hint: 'Set TEMPORAL_ADDRESS to a running one, or install the `temporal` command or Go, and run this again',
  });
});

test('a TEMPORAL_ADDRESS that does not answer is an error, never replaced by another server', async () => {
  const env = { ...machine({ temporal: 'echo temporal version 9' }), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  await expect(findTemporal({ env, sources })).rejects.toMatchObject({
    name: 'UnreachableError',
    message: 'Temporal does not answer at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
  });
});

test('a search that was called off does not go on to the next way', async () => {
  const env = machine({ go: BUILDING_GO });
  await expect(
    findTemporalCommand({ env, sources, signal: AbortSignal.abort(new Error('called off')) }),
  ).rejects.toThrow('called off');
  expect(existsSync(join(env['HOME'] ?? '', 'go-runs'))).toBe(false);
});
