import { afterEach, describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../src/errors/errors.ts';
import type { LoadOptionValues } from '../../../src/load/load-options.ts';
import type { ErrorClass, LoadReport } from '../../../src/load/load-report.ts';
import { readLoadSettings } from '../../../src/load/read-load-settings.ts';
import { runLoad } from '../../../src/load/run-load.ts';
import {
  type CountingHttpServer,
  type SeenRequest,
  answerOk,
  startCountingHttpServer,
} from '../../support/counting-http-server.ts';
import { freePort } from '../../support/free-port.ts';

const THREAD_PROGRAM = new URL('../../../src/load/main.ts', import.meta.url);
const NEVER = new AbortController().signal;

const servers: CountingHttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer?: (request: SeenRequest) => void): Promise<CountingHttpServer> {
  const server = await startCountingHttpServer(answer);
  servers.push(server);
  return server;
}

async function load(url: string, values: LoadOptionValues, signal: AbortSignal = NEVER): Promise<LoadReport> {
  return await runLoad({ settings: readLoadSettings({ url, values }), signal, threadProgram: THREAD_PROGRAM });
}

describe('a load', () => {
  it.each(['1', '2', '3'])('sends exactly what it reports, over %s threads', async (threads) => {
    const server = await serve();
    const report = await load(server.url, { requests: '1000', connections: '20', threads, 'warm-up': '50' });
    expect(report).toMatchObject({ requests: 1_000, completed: 1_000, failed: 0, statuses: { '200': 1_000 } });
    expect(server.seen).toMatchObject({ requests: 1_050, connections: 1_050 });
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'.length;
    expect(report.receivedBytes).toBe(1_000 * bytes);
  });

  it.each([{}, { http10: true }])('uses as many connections as asked when they are kept alive: %j', async (version) => {
    const server = await serve();
    const values = { requests: '2000', connections: '7', 'keep-alive': true, ...version };
    const report = await load(server.url, values);
    expect(report).toMatchObject({ requests: 2_000, completed: 2_000, failed: 0, keepAlive: true });
    expect(server.seen).toEqual({ requests: 2_000, connections: 7, mostConnections: 7 });
  });

  it('opens a new connection where the server did not keep one, and fails nothing', async () => {
    // Every fifth answer says that it is the last, and every seventh connection closes without a word in between.
    const server = await serve((request) => {
      const { socket, number } = request;
      if (number % 5 === 0) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      else answerOk(request);
    });
    const report = await load(server.url, { requests: '500', connections: '4', 'keep-alive': true });
    expect(report).toMatchObject({ completed: 500, failed: 0 });
    expect(server.seen.requests).toBe(500);
    expect(server.seen.connections).toBeGreaterThanOrEqual(100);
  });

  it('bounds its connections in an open loop too, and lets the others wait', async () => {
    const held: SeenRequest[] = [];
    const server = await serve((request) => {
      // Nobody is answered until no more can come.
      held.push(request);
      if (held.length === 10) setTimeout(() => held.splice(0).forEach(answerOk), 200);
      else if (request.number > 10) held.splice(0).forEach(answerOk);
    });
    const values = { rate: '1000', arrivals: 'constant', requests: '100', connections: '10', 'keep-alive': true };
    const report = await load(server.url, values);
    expect(report).toMatchObject({ requests: 100, completed: 100, failed: 0 });
    expect(server.seen).toMatchObject({ requests: 100, connections: 10 });
    expect(report.open?.mostWaiting).toBeGreaterThanOrEqual(80);
  });

  it('ends at a whole answer although the server does not close as it was asked to', async () => {
    const server = await serve(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const report = await load(server.url, { requests: '3', connections: '3' });
    expect(report).toMatchObject({ completed: 3, failed: 0 });
  });

  it('reads answers that end with their connection, come in chunks, or have no body', async () => {
    const endings = [
      (request: SeenRequest) => request.socket.end('HTTP/1.0 200 OK\r\n\r\nuntil it closes'),
      ({ socket }: SeenRequest) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel');
        setImmediate(() => socket.end('lo\r\n0\r\n\r\n'));
      },
      ({ socket }: SeenRequest) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'),
    ] as const;
    const server = await serve((request) => endings[request.number % 3]?.(request));
    expect(await load(server.url, { requests: '30', connections: '3' })).toMatchObject({ completed: 30, failed: 0 });
  });

  it('finds its target by name, and says when a name has no address', async () => {
    const server = await serve();
    const byName = server.url.replace('127.0.0.1', 'localhost');
    expect(await load(byName, { requests: '1' })).toMatchObject({ completed: 1 });
    await expect(load('http://proxybench.invalid/', { requests: '1' })).rejects.toThrow(UnreachableError);
  });
});

describe('a failed request', () => {
  const TIMEOUT = { timeout: '1s' };
  const CASES: readonly (readonly [ErrorClass, string, LoadOptionValues, ((request: SeenRequest) => void) | null])[] = [
    ['refused', 'nobody listens', {}, null],
    ['reset', 'a connection is reset', {}, ({ socket }) => socket.resetAndDestroy()],
    [
      'reset',
      'a connection is reset within an answer',
      {},
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx', () => socket.resetAndDestroy()),
    ],
    ['reset', 'a connection closes without an answer', {}, ({ socket }) => socket.end()],
    ['timeout', 'there is silence', TIMEOUT, () => undefined],
    [
      'timeout',
      'an answer stops in the middle',
      TIMEOUT,
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx'),
    ],
    [
      'malformed',
      'a body is shorter than announced',
      {},
      ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort'),
    ],
    [
      'malformed',
      'a body is longer than announced',
      {},
      ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nlong'),
    ],
    [
      'malformed',
      'bytes follow an answer later',
      {},
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
        setTimeout(() => socket.end('more'), 20);
      },
    ],
    ['malformed', 'an answer is not HTTP', {}, ({ socket }) => socket.end('220 smtp.example ESMTP\r\n\r\n')],
    [
      'status',
      'an answer is 500',
      {},
      ({ socket }) => socket.end('HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    ],
  ];

  it.each(CASES)('is counted as %s when %s', async (name, _when, values, answer) => {
    const server = answer === null ? null : await serve(answer);
    const url = server?.url ?? `http://127.0.0.1:${await freePort()}/`;
    const report = await load(url, { requests: '25', connections: '5', ...values });
    const none = { refused: 0, reset: 0, timeout: 0, malformed: 0, status: 0, other: 0 };
    expect(report).toMatchObject({ requests: 25, failed: 25, errors: { ...none, [name]: 25 } });
    expect(report.completed).toBe(name === 'status' ? 25 : 0);
    expect(Object.keys(report.examples ?? {})).toEqual([name]);
    if (server !== null) expect(server.seen.requests).toBe(25);
  });

  it('does not harm those after it on other connections', async () => {
    const server = await serve((request) => {
      if (request.number % 10 === 0) request.socket.resetAndDestroy();
      else answerOk(request);
    });
    const report = await load(server.url, { requests: '500', connections: '8', 'keep-alive': true });
    expect(report).toMatchObject({ requests: 500, completed: 450, failed: 50, errors: { reset: 50 } });
  });

  it('that needs no waiting leaves time for the clock and for being stopped', async () => {
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 100);
    // No system lets a stream be opened to everybody: that fails before anything was sent.
    const report = await load('http://255.255.255.255:9/', { duration: '1m' }, stopping.signal);
    expect(report.cancelled).toBe(true);
    expect(report.errors.other).toBe(report.failed);
    expect(report.failed).toBeGreaterThan(0);
  });
});

describe('a stall', () => {
  const STALLED = 100;
  const RATE = 200;

  it('is seen by an open loop in every request that it held up', async () => {
    // The server goes silent at its 51st request until 100 requests wait: by the schedule 495 ms later at the soonest.
    const held: SeenRequest[] = [];
    const server = await serve((request) => {
      const { number } = request;
      if (number <= 50 || number > 50 + STALLED) return answerOk(request);
      held.push(request);
      if (held.length === STALLED) held.forEach(answerOk);
    });
    const values = { rate: String(RATE), arrivals: 'constant', requests: '200', connections: '200' };
    const report = await load(server.url, values);
    expect(report).toMatchObject({ requests: 200, completed: 200, failed: 0 });
    // Of 200 requests, half stalled: the last one hardly, each before it 5 ms longer. Nothing can have been faster.
    const gapMs = 1_000 / RATE;
    expect(report.total.p75Ms).toBeGreaterThanOrEqual((STALLED / 2 - 1) * gapMs * 0.999);
    expect(report.total.p90Ms).toBeGreaterThanOrEqual((STALLED * 0.8 - 1) * gapMs * 0.999);
    expect(report.total.maxMs).toBeGreaterThanOrEqual((STALLED - 1) * gapMs * 0.999);
  });

  it('is hidden by a closed loop: one request has met it', async () => {
    const server = await serve((request) => {
      if (request.number === 51) setTimeout(() => answerOk(request), (STALLED * 1_000) / RATE);
      else answerOk(request);
    });
    const report = await load(server.url, { requests: '200', connections: '1' });
    expect(report.completed).toBe(200);
    expect(report.total.maxMs).toBeGreaterThanOrEqual(499);
    expect(report.total.p98Ms).toBeLessThan(report.total.maxMs / 2);
  });
});
