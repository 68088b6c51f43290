// The metadata proxy as it ships: a process of its own, on free ports, asked over sockets.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import { programsDirectory } from '../../src/programs/programs.ts';
import { USUAL_SETTINGS } from '../../src/proxies/metadata-proxy/setting-bounds.ts';
import type { MetadataProxySettings } from '../../src/proxies/metadata-proxy/settings.ts';
import { askRaw } from './raw-http-client.ts';

const BINARIES = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

export const METADATA_PROXY_PROGRAM = join(programsDirectory(), 'proxybench-metadata-proxy');

export const INSTANCE = '/computeMetadata/v1/instance';
export const TOKEN_PATH = `${INSTANCE}/service-accounts/default/token`;

/** What a client of the metadata server sends, unless told otherwise. */
export function requestFor(input: {
  readonly target: string;
  readonly method?: string;
  readonly version?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}): string {
  const { target, method = 'GET', version = 'HTTP/1.1', headers = [], body = '' } = input;
  const lines = [
    `${method} ${target} ${version}`,
    'Host: metadata.google.internal',
    'Metadata-Flavor: Google',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Settings with the documented defaults, on free ports. */
export function proxySettings(
  given: Partial<MetadataProxySettings> & { readonly upstream: string },
): MetadataProxySettings {
  return {
    ...USUAL_SETTINGS,
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { host: '127.0.0.1', port: 0 },
    ...given,
  };
}

export interface TestProxy {
  readonly port: number;
  readonly metricsPort: number;
  readonly pid: number;
  /** What it has written to standard error after it was ready, line by line. */
  readonly lines: readonly string[];
  /** The value of one line of the metrics page, named as it stands there, labels and all; 0 for one that is not there. */
  metric(name: string): Promise<number>;
  metricsPage(): Promise<string>;
  /** Waits until a metric has a value. */
  reaches(name: string, value: number): Promise<void>;
  /** Asks it to end. @returns how it ended */
  end(): Promise<ProcessEnd>;
  /** Settles with how it ended, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const READY = /^metadata proxy ready: 127\.0\.0\.1:(\d+) for \S+, metrics 127\.0\.0\.1:(\d+)$/;

/** Killed when the test has finished. `env` is added to what the program finds in its environment; `enter` puts it somewhere. */
export async function startMetadataProxy(
  given: Partial<MetadataProxySettings> & { readonly upstream: string },
  env: Readonly<Record<string, string>> = {},
  enter: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<TestProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'proxybench-metadata-proxy-'));
  const file = join(directory, 'settings.json');
  writeFileSync(file, JSON.stringify(proxySettings(given)));
  const [command = '', ...args] = enter([METADATA_PROXY_PROGRAM, '--settings', file]);
  const child = spawn(command, args, {
    env: { PATH: `${BINARIES}:${process.env['PATH'] ?? ''}`, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const lines: string[] = [];
  const ports = await new Promise<readonly [number, number]>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, port, metricsPort] = READY.exec(line) ?? [];
      if (port === undefined) lines.push(line);
      else resolve([Number(port), Number(metricsPort)]);
    });
    void ended.then((end) => reject(new Error(`it ended: ${JSON.stringify(end)}\n${lines.join('\n')}`)));
  });
  const [port, metricsPort] = ports;
  const metricsPage = async (): Promise<string> =>
    (await askRaw({ port: metricsPort, bytes: 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' })).text;
  const metric = async (name: string): Promise<number> => {
    const line = (await metricsPage()).split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.slice(name.length + 1));
  };
  return {
    port,
    metricsPort,
    pid: child.pid ?? -1,
    lines,
    metric,
    metricsPage,
    reaches: async (name, value) =>
      await vi.waitFor(async () => expect(await metric(name), name).toBe(value), { timeout: 60_000, interval: 20 }),
    end: async () => {
      child.kill('SIGTERM');
      return await ended;
    },
    ended,
  };
}
