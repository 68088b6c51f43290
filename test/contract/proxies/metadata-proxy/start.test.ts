import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { METADATA_PROXY_PROGRAM, proxySettings, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { startRecordingUpstream } from '../../../support/recording-upstream.ts';

/** Runs the program to its end in a directory of its own. */
function run(input: {
  readonly files: Readonly<Record<string, string>>;
  readonly settings: unknown;
  readonly env?: Readonly<Record<string, string>>;
}) {
  const directory = mkdtempSync(join(tmpdir(), 'proxybench-start-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(input.files)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, 'settings.json'), JSON.stringify(input.settings));
  const env = { PATH: process.env['PATH'] ?? '', ...input.env };
  return spawnSync(METADATA_PROXY_PROGRAM, ['--settings', 'settings.json'], {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: 20_000,
  });
}

const PRELOADED = { 'evil.ts': 'console.error("was run")', 'bunfig.toml': 'preload = ["./evil.ts"]\n' };

it('runs nothing that its working directory or the runtime’s own variables name', () => {
  const settings = { ...proxySettings({ upstream: 'http://127.0.0.1:1' }), tokenMarginMs: undefined };
  const { status, stderr } = run({ files: PRELOADED, settings, env: { BUN_OPTIONS: '--preload ./evil.ts' } });
  expect([status, stderr]).toEqual([
    1,
    'metadata proxy: these settings are missing or not as they may be: tokenMarginMs\n',
  ]);
});

it('ends when the address for metrics is taken', async () => {
  const { port } = await startRecordingUpstream(() => null);
  const settings = { ...proxySettings({ upstream: 'http://127.0.0.1:1' }), metrics: { host: '127.0.0.1', port } };
  const { status, signal } = run({ files: {}, settings });
  expect([status, signal]).toEqual([1, null]);
});

it('says where it looked for its runtime', () => {
  const settings = proxySettings({ upstream: 'http://127.0.0.1:1' });
  const { status, stderr } = run({ files: {}, settings, env: { PROXYBENCH_BUN: '/nowhere/bun' } });
  expect([status, stderr]).toEqual([
    1,
    'proxybench-metadata-proxy: there is no Bun at /nowhere/bun: give its path in PROXYBENCH_BUN\n',
  ]);
});

it('warns of a bound on open files that its connections may meet', async () => {
  const upstream = 'http://127.0.0.1:1';
  const proxy = await startMetadataProxy({ upstream }, {}, (command) => ['prlimit', '--nofile=300:300', ...command]);
  expect(proxy.lines).toEqual(['metadata proxy: may open 300 files only; raise that (ulimit -n) to 1224 at least']);
});
