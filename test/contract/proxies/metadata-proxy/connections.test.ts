import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type Script, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;
const CACHEABLE = [['Cache-Control', 'max-age=600']] as const;

async function start(script: Script = () => ({ headers: CACHEABLE, body: 'x' })) {
  const upstream = await startRecordingUpstream(script);
  return { upstream, proxy: await startMetadataProxy({ upstream: upstream.url }) };
}

describe('a connection of HTTP/1.1', () => {
  it('serves one request after another, kept answers, refusals and whole exchanges in turn', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    for (let round = 0; round < 50; round += 1) {
      client.send(requestFor({ target: ID }));
      expect((await client.answer()).text).toBe('x');
      client.send(requestFor({ target: `${INSTANCE}/attributes/kube-env` }));
      expect((await client.answer()).text).toBe('This metadata endpoint is concealed\n');
      client.send(requestFor({ target: ID, headers: [`X-Round: ${round}`] }));
      expect((await client.answer()).text).toBe('x');
    }
    expect(upstream.seen.length).toBe(51);
  });

  it('ends with its answer when the client wants it to', async () => {
    const { proxy } = await start();
    for (const target of [ID, ID, '/nothing']) {
      const client = await openRawHttpClient(proxy);
      client.send(requestFor({ target, headers: ['Connection: close'] }));
      expect((await client.answer()).status).toBe(target === ID ? 200 : 403);
      expect(await client.ended).toEqual({ how: 'end', rest: '' });
    }
  });

  it('serves a request that arrives byte by byte', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    for (let round = 0; round < 2; round += 1) {
      for (const byte of requestFor({ target: ID, method: 'POST', headers: ['Content-Length: 3'], body: 'abc' })) {
        client.send(byte);
        await pause(0);
      }
      expect((await client.answer()).status).toBe(200);
    }
    expect(upstream.seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'abc'],
      ['POST', 'abc'],
    ]);
  });

  it('answers two requests that come in one packet, in their order', async () => {
    const { upstream, proxy } = await start();
    // Once known, they are answered at once.
    for (let round = 0; round < 2; round += 1) {
      await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
      const client = await openRawHttpClient(proxy);
      client.send(requestFor({ target: ID }) + requestFor({ target: '/nothing' }) + requestFor({ target: ID }));
      expect([(await client.answer()).status, (await client.answer()).status, (await client.answer()).status]).toEqual([
        200, 403, 200,
      ]);
    }
    expect(upstream.seen.length).toBe(1);
  });

  it('does not take the next request of a packet for a part of one that it knows', async () => {
    const { proxy } = await start();
    const refused = requestFor({ target: '/nothing' });
    const known = requestFor({ target: ID });
    for (const bytes of [known, refused, known + refused]) {
      const client = await openRawHttpClient(proxy);
      client.send(bytes);
      const first = await client.answer();
      expect(first.status).toBe(bytes === refused ? 403 : 200);
      if (bytes !== known + refused) continue;
      expect((await client.answer()).status).toBe(403);
    }
  });

  it('serves a request with a body after one without', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    for (let round = 0; round < 3; round += 1) {
      client.send(requestFor({ target: ID }));
      expect((await client.answer()).status).toBe(200);
    }
    client.send(requestFor({ target: ID, method: 'PUT', headers: ['Content-Length: 3'], body: 'abc' }));
    expect((await client.answer()).status).toBe(200);
    expect(upstream.seen.map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['PUT', 'abc'],
    ]);
  });

  it('that has sent half a request and no more is closed', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const proxy = await startMetadataProxy({ upstream: upstream.url, clientTimeoutMs: 1_000 });
    const fresh = await openRawHttpClient(proxy);
    fresh.send(`GET ${ID} HTTP/1.1\r\nHost: meta`);
    const used = await openRawHttpClient(proxy);
    used.send(requestFor({ target: ID }));
    await used.answer();
    used.send(`GET ${ID} HTTP/1.1\r\nHost: meta`);
    const idle = await openRawHttpClient(proxy);
    await Promise.all([fresh.ended, used.ended, idle.ended]);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) })).status).toBe(200);
  });

  it('is kept while its answer takes longer than a client may be silent', async () => {
    const upstream = await startRecordingUpstream(async (request) => {
      await pause(request.target === ID ? 5_500 : 0);
      return { body: 'late' };
    });
    const proxy = await startMetadataProxy({ upstream: upstream.url, clientTimeoutMs: 1_000 });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID }));
    expect((await client.answer()).text).toBe('late');
  });
});

describe('a client that closes its own half', () => {
  it('is given what is there at once', async () => {
    const { proxy } = await start();
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    for (const [target, status] of [
      [ID, 200],
      ['/nothing', 403],
    ] as const) {
      const client = await openRawHttpClient(proxy);
      client.socket.end(requestFor({ target }));
      expect((await client.answer()).status).toBe(status);
      expect((await client.ended).how).toBe('end');
    }
  });

  it('has gone, for whatever would have to be waited for', async () => {
    const { upstream, proxy } = await start(() => new Promise(() => undefined));
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID }));
    const [seen] = await upstream.received(1);
    client.socket.end();
    await seen?.gone;
    expect((await client.ended).how).toBe('end');
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });
});

describe('a client of HTTP/1.0', () => {
  it.each([[[]], [['Connection: keep-alive']]])(
    'gets its answer, and the end of the connection where it expects it: %j',
    async (headers) => {
      const { proxy } = await start();
      for (const target of [TOKEN_PATH, TOKEN_PATH, '/nothing']) {
        const client = await openRawHttpClient(proxy);
        client.send(requestFor({ target, version: 'HTTP/1.0', headers }));
        const answer = await client.answer();
        expect(answer.status).toBe(target === TOKEN_PATH ? 200 : 403);
        // Without a word to the contrary such a client reads until the end.
        if (answer.header('connection')?.toLowerCase() !== 'keep-alive') expect((await client.ended).rest).toBe('');
      }
    },
  );

  it('need not name a host: the upstream is told that of the metadata server', async () => {
    const { upstream, proxy } = await start();
    const answer = await askRaw({ port: proxy.port, bytes: `GET ${ID} HTTP/1.0\r\nMetadata-Flavor: Google\r\n\r\n` });
    expect([answer.status, upstream.seen[0]?.header('host')]).toEqual([200, 'metadata.google.internal']);
  });
});

describe('clients who come while the proxy is held back', () => {
  it('are let in by the kernel, 2,000 of them, and answered each as soon as it goes on', async () => {
    const { proxy } = await start();
    process.kill(proxy.pid, 'SIGSTOP');
    const clients = await Promise.all(Array.from({ length: 2_000 }, () => openRawHttpClient(proxy)));
    for (const client of clients) client.send(requestFor({ target: ID }));
    process.kill(proxy.pid, 'SIGCONT');
    for (const client of clients) expect((await client.answer()).text).toBe('x');
    await proxy.reaches('request_count{code="200",filter_result="filter_result_proxied"}', 2_000);
  });
});

describe('what is no request', () => {
  it.each([
    ['other protocols', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1'],
    ['a line without a version', `GET ${ID}\r\n\r\n`],
    ['a header without a name', `GET ${ID} HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n`],
    ['white space before a colon', `GET ${ID} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For : 1\r\n\r\n`],
    ['a folded header', `GET ${ID} HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n X-Forwarded-For: 1\r\n\r\n`],
    [
      'both ways of telling a length',
      `POST ${ID} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `POST ${ID} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
    ['an unknown encoding', `POST ${ID} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\nabc`],
    ['headers beyond all bounds', `GET ${ID} HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('reaches nobody, and nobody else notices: %s', async (_title, bytes) => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    client.socket.end(Buffer.from(bytes, 'latin1'));
    const { rest } = await client.ended;
    expect(rest).toMatch(/^(?:HTTP\/1\.1 (?:4\d\d|505) .*)?/);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: TOKEN_PATH }) })).status).toBe(200);
    expect(upstream.seen.map(({ target }) => target)).toEqual([TOKEN_PATH]);
  });

  it('stays without an answer when nothing comes', async () => {
    const { proxy } = await start();
    const client = await openRawHttpClient(proxy);
    client.socket.end();
    expect(await client.ended).toEqual({ how: 'end', rest: '' });
  });
});
