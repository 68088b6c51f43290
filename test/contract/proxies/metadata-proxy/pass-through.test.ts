import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type Script, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;

async function start(script: Script = () => ({ body: 'x' })) {
  const upstream = await startRecordingUpstream(script);
  return { upstream, proxy: await startMetadataProxy({ upstream: upstream.url }) };
}

/** What says of the proxy's own connection, and what an HTTP client adds that means nothing: any type, nobody's name. */
const NOT_THE_CLIENTS = ['connection', 'accept-encoding', 'accept', 'user-agent'];

/** By lower-case name, those of one name joined: order, letter case and repetition mean nothing to HTTP. */
function combined(headers: readonly (readonly [string, string])[], without: readonly string[] = []) {
  const values: Record<string, string> = {};
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (!without.includes(name)) values[name] = name in values ? `${values[name]}, ${value}` : value;
  }
  return values;
}

describe('a request that is let through', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('keeps its method: %s', async (method) => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, method }));
    expect((await client.answer({ head: method === 'HEAD' })).status).toBe(200);
    expect(upstream.seen.map(({ method: seen, target }) => [seen, target])).toEqual([[method, ID]]);
  });

  it('keeps its query and its headers, and gets none that it has not sent', async () => {
    const { upstream, proxy } = await start();
    const target = `${INSTANCE}/attributes/?alt=text&last_etag=%61b&timeout_sec=`;
    await askRaw({ port: proxy.port, bytes: requestFor({ target, headers: ['X-Some: thing', 'X-Some: other'] }) });
    const [seen] = upstream.seen;
    expect(seen?.target).toBe(target);
    expect(combined(seen?.headers ?? [], NOT_THE_CLIENTS)).toEqual({
      host: 'metadata.google.internal',
      'metadata-flavor': 'Google',
      'x-some': 'thing, other',
    });
  });

  it('keeps its Host, whatever it is', async () => {
    const { upstream, proxy } = await start();
    await askRaw({ port: proxy.port, bytes: `GET ${ID} HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n` });
    expect(upstream.seen[0]?.header('host')).toBe('169.254.169.254:80');
  });

  it('is sent to the cleaned path of an absolute target', async () => {
    const { upstream, proxy } = await start();
    const target = `http://metadata.google.internal${INSTANCE}//attributes/../id?alt=text`;
    await askRaw({ port: proxy.port, bytes: requestFor({ target }) });
    expect(upstream.seen[0]?.target).toBe(`${ID}?alt=text`);
  });

  it('keeps a user agent and what it accepts, and is given no name nor any narrower wish', async () => {
    const { upstream, proxy } = await start();
    await askRaw({
      port: proxy.port,
      bytes: requestFor({ target: ID, headers: ['User-Agent: one/1', 'Accept: text/a', 'X-Any: 1'] }),
    });
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers: ['X-Any: 1'] }) });
    expect(upstream.seen.map((seen) => [seen.header('user-agent') ?? '', seen.header('accept') ?? '*/*'])).toEqual([
      ['one/1', 'text/a'],
      ['', '*/*'],
    ]);
  });

  it('loses the headers of its connection, and those that it names as such', async () => {
    const { upstream, proxy } = await start();
    const headers = ['Connection: close, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'TE: trailers', 'X-Stays: 1'];
    headers.push('Proxy-Authorization: Basic eDp5', 'Proxy-Connection: keep-alive', 'Upgrade: h2c', 'Trailer: X-End');
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
    const [seen] = upstream.seen;
    expect(Object.keys(combined(seen?.headers ?? [], NOT_THE_CLIENTS)).toSorted()).toEqual([
      'host',
      'metadata-flavor',
      'x-stays',
    ]);
    expect(seen?.header('connection')).toBe('keep-alive');
  });

  it('cannot take its Host away', async () => {
    const { upstream, proxy } = await start();
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers: ['Connection: Host'] }) });
    expect(upstream.seen[0]?.header('host')).toBe('metadata.google.internal');
  });
});

describe('a body', () => {
  const BODY = 'a=1&b=2';
  const CHUNKED = '3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n';

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('of known length goes through whole: %s', async (method) => {
    const { upstream, proxy } = await start();
    const headers = [`Content-Length: ${BODY.length}`];
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, method, headers, body: BODY }) });
    expect(answer.status).toBe(200);
    expect(upstream.seen.map(({ method: seen, body }) => [seen, body])).toEqual([[method, BODY]]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('in chunks goes through whole: %s', async (method) => {
    const { upstream, proxy } = await start();
    const headers = ['Transfer-Encoding: chunked'];
    const answer = await askRaw({
      port: proxy.port,
      bytes: requestFor({ target: ID, method, headers, body: CHUNKED }),
    });
    expect(answer.status).toBe(200);
    expect(upstream.seen.map(({ method: seen, body }) => [seen, body])).toEqual([[method, BODY]]);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'])(
    'cannot be taken for a second request upstream: %s',
    async (method) => {
      const { upstream, proxy } = await start();
      const smuggled = `GET ${INSTANCE}/attributes/kube-env HTTP/1.1\r\nHost: metadata.google.internal\r\n\r\n`;
      const body = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
      const client = await openRawHttpClient(proxy);
      client.send(requestFor({ target: ID, method, headers: ['Transfer-Encoding: chunked'], body }));
      expect((await client.answer({ head: method === 'HEAD' })).status).toBe(200);
      client.send(requestFor({ target: ID, headers: ['X-Last: 1'] }));
      expect((await client.answer()).status).toBe(200);
      expect(upstream.seen.map(({ target }) => target)).toEqual([ID, ID]);
      // One that means nothing (RFC 9110, 9.3.1) is left out.
      expect(upstream.seen[0]?.body).toBe(method === 'GET' || method === 'HEAD' ? '' : smuggled);
    },
  );

  it('of known length that comes with a GET is left out, and so is its length', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, headers: ['Content-Length: 7'], body: BODY }));
    expect((await client.answer()).status).toBe(200);
    expect(upstream.seen.map((seen) => [seen.body, seen.header('content-length') ?? '0'])).toEqual([['', '0']]);
  });

  it('whose length is told twice goes through whole', async () => {
    const { upstream, proxy } = await start();
    const length = `Content-Length: ${BODY.length}`;
    const bytes = requestFor({ target: ID, method: 'POST', headers: [length, length], body: BODY });
    expect((await askRaw({ port: proxy.port, bytes })).status).toBe(200);
    expect(upstream.seen.map((seen) => [seen.body, seen.header('content-length')])).toEqual([[BODY, `${BODY.length}`]]);
  });

  it('that is empty is told as such', async () => {
    const { upstream, proxy } = await start();
    await askRaw({
      port: proxy.port,
      bytes: requestFor({ target: ID, method: 'POST', headers: ['Content-Length: 0'] }),
    });
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, method: 'POST' }) });
    expect(upstream.seen.map((seen) => [seen.method, seen.body])).toEqual([
      ['POST', ''],
      ['POST', ''],
    ]);
  });

  it('of 3 MB goes through in either direction', async () => {
    const large = 'y'.repeat(3_000_000);
    const { upstream, proxy } = await start(() => ({ body: large }));
    const headers = [`Content-Length: ${large.length}`];
    const answer = await askRaw({
      port: proxy.port,
      bytes: requestFor({ target: ID, method: 'POST', headers, body: large }),
    });
    expect([upstream.seen[0]?.body === large, answer.text === large]).toEqual([true, true]);
  });

  it('that the client expects to be asked for is asked for', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    client.send(
      requestFor({ target: ID, method: 'POST', headers: [`Content-Length: ${BODY.length}`, 'Expect: 100-continue'] }),
    );
    expect((await client.answer()).status).toBe(100);
    client.send(BODY);
    expect((await client.answer()).status).toBe(200);
    expect(upstream.seen[0]?.body).toBe(BODY);
  });

  it('leaves the connection usable when the upstream could not be reached', async () => {
    const { upstream, proxy } = await start();
    await upstream.stop();
    const large = 'y'.repeat(1_000_000);
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, method: 'POST', headers: [`Content-Length: ${large.length}`], body: large }));
    expect((await client.answer()).status).toBe(502);
    client.send(requestFor({ target: '/nothing' }));
    expect((await client.answer()).status).toBe(403);
  });
});

describe('an answer', () => {
  it.each([200, 201, 204, 301, 304, 404, 429, 500, 503])('keeps its status: %i', async (status) => {
    const { proxy } = await start(() => ({ status, body: status === 204 || status === 304 ? '' : 'because' }));
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    expect([answer.status, answer.text]).toEqual([status, status === 204 || status === 304 ? '' : 'because']);
  });

  it.each([
    ['shared', 'GET', []],
    ['passed on', 'GET', ['X-Any: 1']],
    ['passed on', 'POST', []],
  ] as const)('keeps its headers and loses those of its connection (%s, %s)', async (_way, method, headers) => {
    const given = [
      ['Metadata-Flavor', 'Google'],
      ['ETag', 'd34db33f'],
      ['Content-Type', 'application/text'],
      ['Server', 'Metadata'],
      ['Set-Thing', '1'],
      ['Set-Thing', '2'],
      ['X-Hop', '1'],
      ['Connection', 'X-Hop'],
      ['Keep-Alive', 'timeout=4'],
      ['Proxy-Authenticate', 'Basic'],
      ['Date', 'Sat, 21 Nov 2026 20:00:00 GMT'],
    ] as const;
    const { proxy } = await start(() => ({ headers: given, body: 'x' }));
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, method, headers }) });
    expect(combined(answer.headers, ['content-length', 'connection', 'keep-alive'])).toEqual({
      'metadata-flavor': 'Google',
      etag: 'd34db33f',
      server: 'Metadata',
      'set-thing': '1, 2',
      'content-type': 'application/text',
      date: 'Sat, 21 Nov 2026 20:00:00 GMT',
    });
    expect(answer.header('connection') ?? '').not.toContain('X-Hop');
  });

  it.each([
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'],
    ['of HTTP/1.0, up to the end of the connection', 'HTTP/1.0 200 OK\r\n\r\nabcde'],
  ])('may come %s', async (_title, raw) => {
    const { proxy } = await start(() => ({ raw }));
    for (const headers of [[], ['X-Any: 1']]) {
      expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) })).text).toBe('abcde');
    }
  });

  it('to HEAD says the length of what it leaves out', async () => {
    const { proxy } = await start(() => ({ headers: [['Content-Length', '5']] }));
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, method: 'HEAD' }));
    expect((await client.answer({ head: true })).header('content-length')).toBe('5');
    client.send(requestFor({ target: '/nothing' }));
    expect((await client.answer()).status).toBe(403);
  });

  it('is asked for unpacked where it may be shared, and as the client wants it elsewhere', async () => {
    const { upstream, proxy } = await start();
    const accepts = ['Accept-Encoding: gzip'];
    await askRaw({ port: proxy.port, bytes: requestFor({ target: TOKEN_PATH, headers: accepts }) });
    await askRaw({ port: proxy.port, bytes: requestFor({ target: TOKEN_PATH, headers: [...accepts, 'X-Any: 1'] }) });
    expect(upstream.seen.map((seen) => seen.header('accept-encoding') ?? 'identity')).toEqual(['identity', 'gzip']);
  });

  it('says no more of its content than the upstream does', async () => {
    const { proxy } = await start();
    for (const headers of [[], ['X-Any: 1']]) {
      const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
      expect(Object.keys(combined(answer.headers, ['date', 'connection', 'keep-alive']))).toEqual(['content-length']);
    }
  });

  it('that is packed stays packed, and is passed on as such', async () => {
    const packed = gzipSync('abc').toString('latin1');
    const raw = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n${packed}`;
    const { proxy } = await start(() => ({ raw }));
    for (const headers of [[], ['X-Any: 1']]) {
      const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
      expect([answer.header('content-encoding'), gunzipSync(answer.body).toString()]).toEqual(['gzip', 'abc']);
    }
  });

  it('that sends elsewhere is not followed', async () => {
    const { upstream, proxy } = await start(() => ({ status: 302, headers: [['Location', '/other']] }));
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    expect([answer.status, answer.header('location'), upstream.seen.length]).toEqual([302, '/other', 1]);
  });

  it('that breaks off breaks off for the client, too', async () => {
    const { proxy } = await start(() => ({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }));
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, headers: ['X-Any: 1'] }));
    await expect(client.answer()).rejects.toThrow('the connection ended');
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) })).status).toBe(502);
  });
});
