import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { endProcesses, findMarkedProcesses } from '../../src/processes/end-processes.ts';
import { markerOfRun } from '../../src/processes/run-marker.ts';
import { RUNTIMES } from '../support/command-line.ts';
import { type ConfigChanges, type ConfigDir, createConfigDir, SHIPPED_CONFIG_DIR } from '../support/config-dir.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MARK = 'PROXYBENCH_TEST_QUICKSTART';

let stateDir: string;
let config: ConfigDir;
let marker: { readonly name: string; readonly value: string };

beforeEach(async () => {
  marker = { name: MARK, value: randomUUID() };
  stateDir = await mkdtemp(join(tmpdir(), 'proxybench-quickstart-'));
  config = await onFreePorts();
});
afterEach(async () => {
  await endProcesses({ marker, graceMs: 0 });
  await config.dispose();
  await rm(stateDir, { recursive: true, force: true });
});

/** The shipped configuration, its proxy where nobody else is. */
async function onFreePorts(changes: Pick<ConfigChanges, 'profiles'> = {}): Promise<ConfigDir> {
  const service = ['proxyServices', 'local-egress-proxy'];
  const targets = [
    [[...service, 'httpUrl'], `http://127.0.0.1:${await freePort()}`],
    [[...service, 'controlUrl'], `http://127.0.0.1:${await freePort()}`],
  ] as const;
  return await createConfigDir({ ...changes, targets });
}

interface RawProfiles {
  readonly profiles: {
    readonly 'host-deps': {
      readonly realDeps: { readonly stages: readonly { readonly name: string; readonly command: readonly string[] }[] };
    };
  };
}

/** The shipped profiles, but npm-install goes on for a minute after npm: whoever is told that it runs finds it running. */
async function lingeringNpmInstall(): Promise<NonNullable<ConfigChanges['profiles']>> {
  const file = join(SHIPPED_CONFIG_DIR, 'platform-infra', 'egress-proxy-benchmarks.yaml');
  const { stages } = (parse(await readFile(file, 'utf8')) as RawProfiles).profiles['host-deps'].realDeps;
  const index = stages.findIndex(({ name }) => name === 'npm-install');
  const [shell, flags, script] = stages[index]?.command ?? [];
  const command = [shell, flags, `${script}\nsleep 60\n`];
  return [[['profiles', 'host-deps', 'realDeps', 'stages', index, 'command'], command]];
}

/** Runs quickstart without a terminal; every process that it becomes carries the mark. */
function quickstart({ executable }: { readonly executable: string }): {
  readonly child: ChildProcess;
  readonly lines: AsyncIterable<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>;
} {
  const { TEMPORAL_ADDRESS: _elsewhere, ...env } = process.env;
  const child = spawn(
    executable,
    ['scripts/cli.ts', 'quickstart', '--config-dir', config.configDir, '--state-dir', stateDir, '--output', 'json'],
    { cwd: ROOT, env: { ...env, [MARK]: marker.value }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stdout = text(child.stdout);
  const ended = once(child, 'exit').then(async () => ({ code: child.exitCode, stdout: await stdout }));
  return { child, ended, lines: createInterface({ input: child.stderr }) };
}

describe('quickstart', () => {
  it.each(RUNTIMES)(
    'goes from nothing to a passed run under $runtime, and leaves no process',
    async ({ executable }) => {
      const { ended, lines } = quickstart({ executable });
      const told: string[] = [];
      for await (const line of lines) told.push(line);
      const { code, stdout } = await ended;
      expect(code, told.join('\n')).toBe(0);
      const document: {
        runs: { summary: { totals: { totalBytes: number; attributedBytes: number } }; row: Record<string, unknown> }[];
      } = JSON.parse(stdout);
      expect(document.runs).toHaveLength(1);
      expect(document.runs[0]?.row).toMatchObject({ target: 'local', state: 'passed', failureFamily: 'none' });
      const { totalBytes, attributedBytes } = document.runs[0]?.summary.totals ?? { totalBytes: 0, attributedBytes: 0 };
      expect(attributedBytes / totalBytes).toBeGreaterThanOrEqual(0.99);
      expect(findMarkedProcesses(marker)).toEqual([]);
    },
  );

  it('cancels its run when it is told to end, and leaves no process', async () => {
    await config.dispose();
    config = await onFreePorts({ profiles: await lingeringNpmInstall() });
    const { child, ended, lines } = quickstart({ executable: RUNTIMES[0].executable });
    for await (const line of lines) {
      if (line.startsWith('local: npm-install running')) child.kill('SIGTERM');
    }
    const { code, stdout } = await ended;
    expect(code).toBe(5);
    const { runs }: { runs: { run: string }[] } = JSON.parse(stdout);
    expect(runs).toMatchObject([{ state: 'cancelled', summary: { stage: 'npm-install' } }]);
    expect(findMarkedProcesses(markerOfRun(runs[0]?.run ?? ''))).toEqual([]);
    expect(findMarkedProcesses(marker)).toEqual([]);
  });

  it('ends what it has started when it is told to end half-way up', async () => {
    const { child, ended, lines } = quickstart({ executable: RUNTIMES[0].executable });
    for await (const line of lines) {
      if (line === 'starting a worker') child.kill('SIGTERM');
    }
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(findMarkedProcesses(marker)).toEqual([]);
  });
});
