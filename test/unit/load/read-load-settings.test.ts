import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../../src/cli/exit-codes.ts';
import { InvalidInputError } from '../../../src/errors/errors.ts';
import { LOAD_EXIT_CODES } from '../../../src/load/load-end.ts';
import type { LoadOptionValues } from '../../../src/load/load-options.ts';
import { shareOf } from '../../../src/load/load-settings.ts';
import { readLoadSettings } from '../../../src/load/read-load-settings.ts';
import { requestBytes } from '../../../src/load/request-bytes.ts';

const URL_TEXT = 'http://127.0.0.1:988/computeMetadata/v1/token?alt=json';

function problemsOf(url: string, values: LoadOptionValues): readonly string[] {
  try {
    readLoadSettings({ url, values });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    return thrown.problems.map(({ path }) => path);
  }
}

describe('the settings of a load', () => {
  it('come from a URL and an end, with a default for everything else', () => {
    expect(readLoadSettings({ url: URL_TEXT, values: { requests: '200000' } })).toEqual({
      host: '127.0.0.1',
      port: 988,
      path: '/computeMetadata/v1/token?alt=json',
      method: 'GET',
      headers: [],
      http: '1.1',
      keepAlive: false,
      connections: 10,
      requests: 200_000,
      durationMs: null,
      open: null,
      warmUp: { requests: 0 },
      timeoutMs: 30_000,
      threads: 1,
    });
  });

  it('are an open loop with a rate, and then have many connections', () => {
    const values = { rate: '0.5', duration: '1.5m', 'warm-up': '500ms', seed: '7', threads: '2', http10: true };
    expect(readLoadSettings({ url: 'http://[::1]/', values })).toMatchObject({
      host: '::1',
      port: 80,
      path: '/',
      http: '1.0',
      connections: 1_000,
      durationMs: 90_000,
      warmUp: { ms: 500 },
      open: { ratePerSecond: 0.5, arrivals: 'poisson', seed: 7 },
    });
  });

  it.each<readonly [string, string, LoadOptionValues]>([
    ['url', 'nonsense', { requests: '1' }],
    ['url', 'https://127.0.0.1/', { requests: '1' }],
    ['url', 'http://127.0.0.1:0/', { requests: '1' }],
    ['url', 'http://user:secret@127.0.0.1/', { requests: '1' }],
    ['--requests', URL_TEXT, {}],
    ['--requests', URL_TEXT, { requests: '0' }],
    ['--requests', URL_TEXT, { requests: '1e3' }],
    ['--duration', URL_TEXT, { duration: '30' }],
    ['--duration', URL_TEXT, { duration: '0s' }],
    ['--duration', URL_TEXT, { duration: '25000m' }],
    ['--rate', URL_TEXT, { requests: '1', rate: '0' }],
    ['--arrivals', URL_TEXT, { requests: '1', rate: '1', arrivals: 'bursts' }],
    ['--arrivals', URL_TEXT, { requests: '1', arrivals: 'constant' }],
    ['--seed', URL_TEXT, { requests: '1', seed: '1' }],
    ['--warm-up', URL_TEXT, { requests: '1', 'warm-up': '5 s' }],
    ['--method', URL_TEXT, { requests: '1', method: 'G E T' }],
    ['--method', URL_TEXT, { requests: '1', method: 'CONNECT' }],
    ['--header', URL_TEXT, { requests: '1', header: ['a: b\r\nc: d'] }],
    ['--header', URL_TEXT, { requests: '1', header: ['Content-Length: 5'] }],
    ['--threads', URL_TEXT, { requests: '100', threads: '11', connections: '10' }],
    ['--threads', URL_TEXT, { requests: '3', threads: '4' }],
  ])('are refused for their %s: %s %j', (path, url, values) => {
    expect(problemsOf(url, values)).toEqual([path]);
  });

  it('are refused with everything that is wrong, and without the secrets in it', () => {
    const values = { header: ['Authorization Bearer secret'], timeout: 'x', connections: 'y' };
    expect(problemsOf('https://a/?token=secret', values)).toEqual([
      '--requests',
      '--connections',
      'url',
      '--header',
      '--timeout',
    ]);
    expect(() => readLoadSettings({ url: 'https://a/?token=secret', values })).not.toThrow(/secret/);
  });

  it('are shared out over threads without losing or adding a request or a connection', () => {
    const values = { requests: '100', connections: '7', rate: '10', 'warm-up': '5', threads: '3' };
    const settings = readLoadSettings({ url: URL_TEXT, values });
    const shares = [0, 1, 2].map((thread) => shareOf({ settings, thread }));
    expect(shares.map(({ requests }) => requests)).toEqual([34, 33, 33]);
    expect(shares.map(({ connections }) => connections)).toEqual([3, 2, 2]);
    expect(shares.map(({ warmUp }) => warmUp)).toEqual([{ requests: 2 }, { requests: 2 }, { requests: 1 }]);
    // Each its own chance, or all threads would send at the same moments.
    expect(new Set(shares.map(({ open }) => open?.seed)).size).toBe(3);
  });
});

describe('a request', () => {
  const settings = readLoadSettings({ url: URL_TEXT, values: { requests: '1', header: ['Metadata-Flavor:Google'] } });

  it('is the bytes of its settings', () => {
    expect(requestBytes(settings).toString('latin1')).toBe(
      'GET /computeMetadata/v1/token?alt=json HTTP/1.1\r\nHost: 127.0.0.1:988\r\nUser-Agent: proxybench-load\r\n' +
        'Accept: */*\r\nConnection: close\r\nMetadata-Flavor: Google\r\n\r\n',
    );
  });

  it.each([
    [{ keepAlive: true }, /^GET [^]*HTTP\/1\.1(?![^]*Connection)/],
    [{ http: '1.0' as const }, /^GET [^]*HTTP\/1\.0(?![^]*Connection)/],
    [{ http: '1.0' as const, keepAlive: true }, /\r\nConnection: keep-alive\r\n/],
    [{ method: 'POST' }, /^POST [^]*\r\nContent-Length: 0\r\n/],
    [{ host: '::1', port: 80 }, /\r\nHost: \[::1\]\r\n/],
    [{ headers: [['host', 'metadata'] as const] }, /^(?![^]*Host: )[^]*\r\nhost: metadata\r\n/],
  ])('with %j says so', (changes, pattern) => {
    expect(requestBytes({ ...settings, ...changes }).toString('latin1')).toMatch(pattern);
  });
});

it('the lean program ends with the exit codes of the command line', () => {
  for (const [name, code] of Object.entries(LOAD_EXIT_CODES))
    expect(EXIT_CODES[name as keyof typeof LOAD_EXIT_CODES].code).toBe(code);
});
