import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { InvalidInputError, UnreachableError } from '../../../src/errors/errors.ts';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import type { ControlSnapshot } from '../../../src/sampling/control-client.ts';
import {
  connectionsText,
  type ScriptedClashServer,
  startScriptedClashServer,
} from '../../support/scripted-clash-server.ts';

const SECRET = 'very-s3cret';
const never = new AbortController().signal;

let server: ScriptedClashServer;
let stop: AbortController;

beforeEach(async () => {
  server = await startScriptedClashServer();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.close();
});

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/clash/${name}.json`, import.meta.url), 'utf8');
}

async function readText(text: string): Promise<ControlSnapshot> {
  server.script.poll = { status: 200, text };
  return await createClashClient({ url: server.url }).read({ signal: never });
}

async function failureOf(reading: Promise<unknown>): Promise<UnreachableError> {
  const thrown: unknown = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(UnreachableError);
  return thrown as UnreachableError;
}

describe('one reading', () => {
  test('tells what sing-box 1.14 tells, by name, IPv4 and IPv6', async () => {
    const { atMs, ...reading } = await readText(fixture('sing-box-1.14-open'));
    expect(Number.isSafeInteger(atMs)).toBe(true);
    expect(reading).toMatchObject({ uploadTotalBytes: 335, downloadTotalBytes: 160_512, via: 'polling' });
    expect(reading.connections.map(({ destination, uploadBytes }) => [destination, uploadBytes])).toEqual([
      ['files.example.test:28081', 88],
      ['127.0.0.1:28081', 79],
      ['[::1]:28081', 75],
      ['files.example.test:28081', 93],
    ]);
    expect(reading.connections[0]).toEqual({
      id: 'c6107fc8-c9df-4176-82f6-6da19282a46d',
      client: '127.0.0.1',
      destination: 'files.example.test:28081',
      startMs: Date.UTC(2026, 10, 21, 14, 43, 33, 593),
      uploadBytes: 88,
      downloadBytes: 40_128,
    });
  });

  test('tells what mihomo tells, times with an offset and mapped addresses included', async () => {
    const { connections } = await readText(fixture('mihomo-open'));
    expect(connections).toEqual([
      {
        id: '0f3b8a52-6f0e-4b0c-9d5a-1f2f8f0f6a11',
        client: '10.42.0.17',
        destination: 'files.example.test:443',
        startMs: Date.UTC(2026, 10, 21, 14, 43, 33, 589),
        uploadBytes: 2048,
        downloadBytes: 1_048_576,
      },
      {
        id: 'c0ffee00-6f0e-4b0c-9d5a-1f2f8f0f6a12',
        client: '10.42.0.18',
        destination: '[2001:db8::7]:80',
        startMs: Date.UTC(2026, 10, 21, 14, 43, 34),
        uploadBytes: 100,
        downloadBytes: 200,
      },
    ]);
  });

  test.each([
    ['an empty list', fixture('sing-box-1.14-idle')],
    ['null', fixture('mihomo-idle')],
    ['a missing list', '{"uploadTotal":1,"downloadTotal":2}'],
  ])('takes %s for no connections', async (_what, text) => {
    expect((await readText(text)).connections).toEqual([]);
  });

  test.each([
    ['<html>', 'not JSON'],
    ['[]', 'the answer: '],
    ['{"downloadTotal":1}', 'uploadTotal: '],
    ['{"uploadTotal":-1,"downloadTotal":1}', 'uploadTotal: '],
    ['{"uploadTotal":1.5,"downloadTotal":1}', 'uploadTotal: '],
    ['{"uploadTotal":1,"downloadTotal":9007199254740993}', 'downloadTotal: '],
    ['{"uploadTotal":1,"downloadTotal":1,"connections":{}}', 'connections: '],
    [connectionText({ id: '' }), 'connections.0.id: '],
    [connectionText({ upload: '7' }), 'connections.0.upload: '],
    [connectionText({ start: 'yesterday' }), 'connections.0.start: not a time'],
    [connectionText({ metadata: null }), 'connections.0.metadata: '],
  ])('of %s fails and names the place', async (text, place) => {
    const error = await failureOf(readText(text));
    expect(error.message).toContain(`${server.url}/connections`);
    expect(error.message).toContain(place);
    expect(error.hint).toContain('Clash API');
  });

  test('refused for its secret says to check the secret and does not show it', async () => {
    server.script.poll = { status: 401, text: '{"message":"Unauthorized"}' };
    const url = server.url.replace('http://', 'http://user:pass@');
    const client = createClashClient({ url: `${url}/?token=${SECRET}`, secret: SECRET });
    const error = await failureOf(client.read({ signal: never }));
    expect(error.message).toBe(`The proxy's control API at ${server.url}/connections cannot be read: it answered 401`);
    expect(error.hint).toContain('secret');
    expect(JSON.stringify([error.message, error.hint, String(error.cause), error.stack])).not.toContain(SECRET);
  });

  test('of nothing that listens says so and what to check', async () => {
    await server.close();
    const error = await failureOf(createClashClient({ url: server.url }).read({ signal: never }));
    server = await startScriptedClashServer();
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toBe(
      'Check that the proxy runs and its control API listens there; proxybench serve egress-proxy starts that of a host',
    );
  });

  test('gives up after the time it was given', async () => {
    server.script.poll = 'silence';
    const client = createClashClient({ url: server.url, requestTimeoutMs: 60 });
    expect((await failureOf(client.read({ signal: never }))).message).toContain('no answer within 60 ms');
  });

  test('ends with the reason of its signal', async () => {
    server.script.poll = 'silence';
    const reading = createClashClient({ url: server.url }).read({ signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test('does not follow a redirect with the secret in hand', async () => {
    server.script.poll = { status: 302, text: '', location: '/version' };
    const client = createClashClient({ url: server.url, secret: SECRET });
    expect((await failureOf(client.read({ signal: never }))).message).toContain('it answered 302');
    expect(server.asked).toHaveLength(1);
  });
});

describe('the instance', () => {
  test('is undefined where the API tells none', async () => {
    server.script.version = { status: 200, text: fixture('sing-box-1.14-version') };
    expect(await createClashClient({ url: server.url }).instance({ signal: never })).toBeUndefined();
  });

  test('is what the API tells', async () => {
    server.script.version = { status: 200, text: '{"version":"x","instance":"life-1"}' };
    expect(await createClashClient({ url: server.url }).instance({ signal: never })).toBe('life-1');
  });
});

describe('readings', () => {
  interface Listening {
    /** Outages heard so far. */
    readonly outages: string[];
    next(): Promise<Pick<ControlSnapshot, 'uploadTotalBytes' | 'via'> | undefined>;
    leave(): Promise<unknown>;
  }

  function listen(input: { readonly intervalMs?: number; readonly requestTimeoutMs?: number } = {}): Listening {
    const outages: string[] = [];
    const client = createClashClient({
      url: server.url,
      secret: SECRET,
      requestTimeoutMs: input.requestTimeoutMs ?? 2_000,
    });
    const readings = client
      .readings({
        intervalMs: input.intervalMs ?? 50,
        signal: stop.signal,
        onOutage: (reason) => outages.push(reason),
      })
      [Symbol.asyncIterator]();
    return {
      outages,
      async next() {
        const result = await readings.next();
        if (result.done === true) return undefined;
        return { uploadTotalBytes: result.value.uploadTotalBytes, via: result.value.via };
      },
      leave: async () => await readings.return?.(),
    };
  }

  async function firstOf(heard: Listening, via: ControlSnapshot['via']): Promise<number> {
    for (;;) {
      const reading = await heard.next();
      if (reading === undefined) throw new Error('readings ended');
      if (reading.via === via) return reading.uploadTotalBytes;
    }
  }

  test('come by stream, in order, with the secret in the header alone', async () => {
    const heard = listen({ intervalMs: 250 });
    const first = heard.next();
    const stream = await server.nextStream();
    stream.send(connectionsText(1));
    stream.send(connectionsText(2));
    expect(await first).toEqual({ uploadTotalBytes: 1, via: 'stream' });
    expect(await heard.next()).toEqual({ uploadTotalBytes: 2, via: 'stream' });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]?.url).toBe('/connections?interval=250');
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  test.each([
    [0, 50],
    [-5, 50],
    [49, 50],
    [333.4, 333],
  ])('asked for every %d ms are asked of the proxy for every %d ms', async (intervalMs, sent) => {
    const heard = listen({ intervalMs });
    const first = heard.next();
    (await server.nextStream()).send(connectionsText(1));
    await first;
    expect(server.asked[0]?.url).toBe(`/connections?interval=${sent}`);
  });

  test('come by polling where the upgrade is refused, and that is no outage', async () => {
    server.script.upgrade = 'refuse';
    server.script.poll = { status: 200, text: connectionsText(5) };
    const heard = listen();
    expect(await heard.next()).toEqual({ uploadTotalBytes: 5, via: 'polling' });
    expect(await heard.next()).toEqual({ uploadTotalBytes: 5, via: 'polling' });
    expect(heard.outages).toEqual([]);
  });

  test('come by polling where the upgrade is never answered', async () => {
    server.script.upgrade = 'silence';
    const heard = listen({ requestTimeoutMs: 60 });
    expect(await heard.next()).toEqual({ uploadTotalBytes: 0, via: 'polling' });
  });

  test('go on by polling when the stream breaks, and by stream again when it can', async () => {
    server.script.poll = { status: 200, text: connectionsText(20) };
    const heard = listen();
    const first = heard.next();
    const stream = await server.nextStream();
    stream.send(connectionsText(10));
    expect(await first).toEqual({ uploadTotalBytes: 10, via: 'stream' });

    const again = server.nextStream();
    stream.terminate();
    expect(await firstOf(heard, 'polling')).toBe(20);
    const back = await again;
    back.send(connectionsText(30));
    expect(await firstOf(heard, 'stream')).toBe(30);
    // Long enough for polls, were there any.
    await sleep(200);
    back.send(connectionsText(31));
    expect(await heard.next()).toEqual({ uploadTotalBytes: 31, via: 'stream' });
    expect(heard.outages).toEqual([]);
  });

  test('go on by polling when the stream falls silent', async () => {
    const heard = listen({ requestTimeoutMs: 60 });
    const first = heard.next();
    (await server.nextStream()).send(connectionsText(1));
    await first;
    expect(await heard.next()).toEqual({ uploadTotalBytes: 0, via: 'polling' });
  });

  test('leave out a stream document that a poll has overtaken', async () => {
    server.script.upgrade = 'refuse';
    server.script.poll = { status: 200, text: connectionsText(100) };
    const heard = listen();
    expect(await firstOf(heard, 'polling')).toBe(100);
    const opened = server.nextStream();
    server.script.upgrade = 'accept';
    const stream: WebSocket = await opened;
    stream.send(connectionsText(90));
    stream.send(connectionsText(110));
    expect(await firstOf(heard, 'stream')).toBe(110);
  });

  test('tell of an outage once, however often it is looked for', async () => {
    server.script.upgrade = 'refuse';
    server.script.poll = { status: 503, text: '' };
    const heard = listen();
    const next = heard.next();
    while (server.asked.length < 6) await sleep(5);
    expect(heard.outages).toEqual([expect.stringContaining('it answered 503')]);
    server.script.poll = { status: 200, text: connectionsText(8) };
    expect(await next).toMatchObject({ uploadTotalBytes: 8 });
  });

  test('come back with a proxy that was away', async () => {
    const heard = listen();
    const first = heard.next();
    (await server.nextStream()).send(connectionsText(7));
    await first;
    const { port } = server;
    await server.close();
    const next = heard.next();
    while (heard.outages.length === 0) await sleep(5);
    expect(heard.outages).toEqual([expect.stringContaining('ECONNREFUSED')]);

    server = await startScriptedClashServer(port);
    server.script.poll = { status: 200, text: connectionsText(3) };
    expect(await next).toMatchObject({ uploadTotalBytes: 3 });
  });

  test('take a malformed document for an outage and go on after it', async () => {
    server.script.poll = { status: 200, text: '{"uploadTotal":' };
    const heard = listen();
    const next = heard.next();
    (await server.nextStream()).send('{"uploadTotal":"lots"}');
    while (heard.outages.length < 2) await sleep(5);
    expect(heard.outages[0]).toContain('uploadTotal: ');
    expect(heard.outages[1]).toContain('not JSON');
    server.script.poll = { status: 200, text: connectionsText(4) };
    expect(await next).toMatchObject({ uploadTotalBytes: 4 });
  });

  test('refused for the secret are an outage that does not show it', async () => {
    server.script.upgrade = 'refuse';
    server.script.poll = { status: 401, text: '' };
    const heard = listen();
    const next = heard.next();
    while (heard.outages.length === 0) await sleep(5);
    expect(heard.outages[0]).toContain('it answered 401');
    expect(heard.outages.join()).not.toContain(SECRET);
    stop.abort();
    expect(await next).toBeUndefined();
  });

  test('end with their signal and leave no socket open', async () => {
    const heard = listen({ intervalMs: 60_000 });
    const first = heard.next();
    const stream = await server.nextStream();
    stream.send(connectionsText(1));
    await first;
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stop.abort();
    expect(await heard.next()).toBeUndefined();
    await closed;
    while ((await server.openSockets()) > 0) await sleep(5);
  });

  test('end when the reader stops asking', async () => {
    const heard = listen();
    const first = heard.next();
    const stream = await server.nextStream();
    stream.send(connectionsText(1));
    await first;
    const closed = new Promise((resolve) => stream.once('close', resolve));
    await heard.leave();
    await closed;
  });

  test('that nobody takes do not pile up: the newest hundred wait', async () => {
    const heard = listen();
    const first = heard.next();
    const stream = await server.nextStream();
    stream.send(connectionsText(1));
    expect(await first).toMatchObject({ uploadTotalBytes: 1 });
    for (let total = 2; total <= 251; total += 1) stream.send(connectionsText(total));
    const pong = new Promise((resolve) => stream.once('pong', resolve));
    stream.ping();
    await pong;
    expect(await heard.next()).toMatchObject({ uploadTotalBytes: 152 });
  });
});

describe('what cannot be used is refused without being shown', () => {
  test.each(['', 'localhost:9090', 'ftp://127.0.0.1', `not a url ${SECRET}`])('the URL %j', (url) => {
    expect(refusalOf({ url })).toContain('controlUrl: the control API needs an http:// or https:// URL');
  });

  test.each(['', `${SECRET}\n`, `${SECRET} `, `${SECRET}é`])('the secret %j', (secret) => {
    const message = refusalOf({ url: 'http://127.0.0.1:1', secret });
    expect(message).toContain('controlSecret: ');
  });

  function refusalOf(input: { readonly url: string; readonly secret?: string }): string {
    try {
      createClashClient(input);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(String(error)).not.toContain(SECRET);
      return String(error);
    }
    throw new Error('nothing was refused');
  }
});

function connectionText(changed: Readonly<Record<string, unknown>>): string {
  const connection = { id: 'a', metadata: {}, upload: 1, download: 1, start: '2026-11-21T14:43:34Z', ...changed };
  return JSON.stringify({ uploadTotal: 1, downloadTotal: 1, connections: [connection] });
}
