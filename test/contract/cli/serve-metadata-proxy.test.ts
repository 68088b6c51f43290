import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine, RUNTIMES } from '../../support/command-line.ts';
import { METADATA_PROXY_PROGRAM, requestFor, startMetadataProxy, TOKEN_PATH } from '../../support/metadata-proxy.ts';
import { askRaw } from '../../support/raw-http-client.ts';
import { startRecordingUpstream } from '../../support/recording-upstream.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const [{ executable }] = RUNTIMES;
const SERVE = ['serve', 'metadata-proxy'];
const READY = /^metadata proxy ready: [\d.]+:(\d+) for \S+, metrics [\d.]+:(\d+)$/;

/** Starts a command that serves, and waits until it says so; its whole process group is killed when the test has finished. */
async function serving(input: {
  readonly executable: string;
  readonly args: readonly string[];
  readonly cache: string;
}) {
  const [program = '', ...args] = [input.executable, ...input.args];
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', XDG_CACHE_HOME: input.cache },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('exit', (code, signal) => resolve([code, signal]));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  const ports = await new Promise<readonly [number, number]>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const [, port, metricsPort] = READY.exec(line) ?? [];
      if (port !== undefined) resolve([Number(port), Number(metricsPort)]);
    });
    void ended.then((end) => reject(new Error(`it ended: ${JSON.stringify(end)}\n${lines.join('\n')}`)));
  });
  return { child, ended, lines, port: ports[0], metricsPort: ports[1] };
}

const ANYWHERE = ['--addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0'];

describe.each(RUNTIMES)('serve metadata-proxy under $runtime', ({ runtime, executable: program }) => {
  it('serves where its cache cannot be written, and says so', async () => {
    const args = ['scripts/cli.ts', ...SERVE, ...ANYWHERE, '--upstream', 'http://127.0.0.1:1'];
    const blocked = join(temporaryDirectory('cache'), 'file');
    writeFileSync(blocked, '');
    const { lines } = await serving({ executable: program, args, cache: blocked });
    expect(lines.join('\n')).toMatch(
      /cannot be written, so the settings are in .*; XDG_CACHE_HOME names another place/,
    );
  });

  it('serves until SIGTERM, and ends with 0', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const args = ['scripts/cli.ts', ...SERVE, ...ANYWHERE, '--upstream', upstream.url];
    const cache = temporaryDirectory('cache');
    const { child, ended, port } = await serving({ executable: program, args, cache });
    expect((await askRaw({ port, bytes: requestFor({ target: TOKEN_PATH }) })).text).toBe('x');
    // Under Node nothing else is left: the command has become the program.
    const command = readFileSync(`/proc/${child.pid ?? 0}/cmdline`, 'utf8').split('\0');
    expect(command.some((word) => word.endsWith('metadata-proxy/main.ts'))).toBe(runtime === 'node');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

describe('serve metadata-proxy', () => {
  const run = (...args: string[]) => commandLine({ executable, args: [...SERVE, ...args] });

  it('keeps its settings where only their owner reads them, equal ones once', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const cache = temporaryDirectory('cache');
    const args = ['scripts/cli.ts', ...SERVE, ...ANYWHERE, '--upstream', upstream.url];
    for (let round = 0; round < 2; round += 1) {
      const { child, ended } = await serving({ executable, args, cache });
      child.kill('SIGTERM');
      await ended;
    }
    const directory = join(cache, 'proxybench', 'metadata-proxy');
    const files = readdirSync(directory);
    expect(files).toHaveLength(1);
    expect([statSync(directory).mode & 0o777, statSync(join(directory, files[0] ?? '')).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  it('prints settings with which the program serves without it', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const { code, stdout, stderr } = await run(...ANYWHERE, '--upstream', upstream.url, '--print-settings');
    expect([code, stderr]).toEqual([0, '']);
    const file = join(temporaryDirectory('settings'), 'settings.json');
    writeFileSync(file, stdout);
    const cache = temporaryDirectory('cache');
    const { port } = await serving({ executable: METADATA_PROXY_PROGRAM, args: ['--settings', file], cache });
    expect((await askRaw({ port, bytes: requestFor({ target: TOKEN_PATH }) })).text).toBe('x');
  });

  it('listens beyond loopback when its address says so, and says so itself', async () => {
    const args = ['scripts/cli.ts', ...SERVE, '--addr', '0.0.0.0:0', '--metrics-addr', '127.0.0.1:0'];
    const { lines } = await serving({ executable, args, cache: temporaryDirectory('cache') });
    expect(lines[0]).toMatch(/^note: the proxy will listen on 0\.0\.0\.0:0: /);
    expect(lines).toHaveLength(2);
  });

  it('ends with 2 and everything that is wrong', async () => {
    const { code, stdout, stderr } = await run('--addr', ':988', '--token-margin', 'x', '--rules', '/nowhere.yaml');
    expect([code, stdout]).toEqual([2, '']);
    for (const part of ['3 things cannot be used', '--addr', '--token-margin', '/nowhere.yaml'])
      expect(stderr).toContain(part);
  });

  it('ends with 2 where something else listens', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await run('--addr', `127.0.0.1:${port}`, '--metrics-addr', '127.0.0.1:0');
    expect(code).toBe(2);
    expect(stderr).toContain(`something listens on port ${port} already`);
  });

  it('ends with 2 on an address that is not of this machine', async () => {
    const { code, stderr } = await run('--addr', '203.0.113.1:9880', '--metrics-addr', '127.0.0.1:0');
    expect([code, stderr.includes('this machine has no such address')]).toEqual([2, true]);
  });

  it('teaches', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const part of ['--print-settings', 'Examples:', 'Exit codes:', '127.0.0.1:988', '--rules <file>']) {
      expect(stdout).toContain(part);
    }
  });
});

/** Starts the metadata server to measure against. @returns its port */
async function startUpstream(address: string): Promise<number> {
  const child = spawn(join(dirname(METADATA_PROXY_PROGRAM), 'proxybench-metadata-upstream'), [address], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const port = /ready: .+:(\d+)$/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code ?? 'a signal'}`)));
  });
}

describe('the program by itself', () => {
  it.each([[[]], [['--settings']], [['--bogus', 'x']]])('says how it is used: %j', async (args) => {
    const child = spawn(METADATA_PROXY_PROGRAM, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    expect([code, text.startsWith('usage: proxybench-metadata-proxy --settings FILE')]).toEqual([2, true]);
  });

  it('does not share an address with another one', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const first = await startMetadataProxy({ upstream: upstream.url });
    const taken = [
      { listen: { host: '127.0.0.1', port: first.port } },
      { metrics: { host: '127.0.0.1', port: first.metricsPort } },
    ];
    for (const settings of taken) {
      await expect(startMetadataProxy({ upstream: upstream.url, ...settings })).rejects.toThrow('"code":1');
    }
    expect((await askRaw({ port: first.port, bytes: requestFor({ target: TOKEN_PATH }) })).text).toBe('x');
  });

  it('nor does the metadata server to measure against', async () => {
    const first = await startUpstream('127.0.0.1:0');
    await expect(startUpstream(`127.0.0.1:${first}`)).rejects.toThrow('ended with 1');
  });

  it('ends with 1 where it cannot listen or read its settings', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { stdout } = await commandLine({
      executable,
      args: [...SERVE, '--addr', `127.0.0.1:${port}`, '--metrics-addr', '127.0.0.1:0', '--print-settings'],
    });
    const file = join(temporaryDirectory('settings'), 'settings.json');
    writeFileSync(file, stdout);
    for (const name of [file, '/nowhere.json']) {
      const child = spawn(METADATA_PROXY_PROGRAM, ['--settings', name], { stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      const [code] = (await once(child, 'close')) as [number];
      expect([code, text.startsWith('metadata proxy: ')]).toEqual([1, true]);
    }
  });
});
