import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type Script, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;
const TOKEN = JSON.stringify({ access_token: 'a', expires_in: 3_599 });

const SCRIPT: Script = ({ target }) => ({ body: target === TOKEN_PATH ? TOKEN : 'x' });

describe('an upstream that is down', () => {
  it.each([
    ['shared', 'GET', []],
    ['passed on', 'GET', ['X-Any: 1']],
    ['passed on', 'POST', []],
  ] as const)('makes 502 without a body (%s, %s)', async (_way, method, headers) => {
    const proxy = await startMetadataProxy({ upstream: 'http://127.0.0.1:1' });
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, method, headers }) });
    expect([answer.status, answer.text, answer.header('content-length')]).toEqual([502, '', '0']);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(1);
    expect(await proxy.metric('request_count{code="502",filter_result="filter_result_proxied"}')).toBe(1);
  });

  it('leaves what is kept, and refusals, to be given', async () => {
    const upstream = await startRecordingUpstream(SCRIPT);
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const status = async (target: string) => (await askRaw({ port: proxy.port, bytes: requestFor({ target }) })).status;
    expect(await status(TOKEN_PATH)).toBe(200);
    await upstream.stop();
    expect([await status(TOKEN_PATH), await status(ID), await status('/nothing')]).toEqual([200, 502, 403]);
  });

  it('is found again when it is back, on a client connection that has gone through all of it', async () => {
    const upstream = await startRecordingUpstream(SCRIPT);
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const client = await openRawHttpClient(proxy);
    const statusNow = async () => {
      client.send(requestFor({ target: ID }));
      return (await client.answer()).status;
    };
    for (let round = 0; round < 5; round += 1) expect(await statusNow()).toBe(200);
    await upstream.stop();
    for (let round = 0; round < 5; round += 1) expect(await statusNow()).toBe(502);
    await startRecordingUpstream(SCRIPT, upstream.port);
    for (let round = 0; round < 5; round += 1) expect(await statusNow()).toBe(200);
  });
});

describe('kept upstream connections', () => {
  it('serve one request after another', async () => {
    const upstream = await startRecordingUpstream(SCRIPT);
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    for (let round = 0; round < 20; round += 1) await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    expect([upstream.seen.length, upstream.connections()]).toEqual([20, 1]);
  });

  it.each([
    ['shared', []],
    ['passed on', ['X-Any: 1']],
  ] as const)('that turn out to be closed cost a second try, and no answer (%s)', async (_way, headers) => {
    // Closes each connection when its second request arrives: the moment in which a kept connection dies.
    const served = new WeakSet();
    const upstream = await startRecordingUpstream(({ socket }) => {
      if (served.has(socket)) return null;
      served.add(socket);
      return { body: 'x' };
    });
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    for (let round = 0; round < 10; round += 1) {
      const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
      expect(answer.status).toBe(200);
    }
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(0);
  });

  it('that turn out to be closed do not send a POST twice', async () => {
    const served = new WeakSet();
    const upstream = await startRecordingUpstream(({ socket }) => {
      if (served.has(socket)) return null;
      served.add(socket);
      return { body: 'x' };
    });
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const ask = async (method: string) =>
      (
        await askRaw({
          port: proxy.port,
          bytes: requestFor({ target: ID, method, headers: ['Content-Length: 1'], body: 'y' }),
        })
      ).status;
    expect(await ask('POST')).toBe(200);
    const second = await ask('POST');
    const posts = upstream.seen.length;
    // Either it went out on a new connection, or it failed; never both.
    expect([second, posts]).toEqual([second === 200 ? 200 : 502, 2]);
  });

  it('all survive the restart of the upstream', async () => {
    const held: (() => void)[] = [];
    const script: Script = ({ target }) =>
      target.endsWith('hold') ? new Promise((resolve) => held.push(() => resolve({ body: 'x' }))) : { body: 'x' };
    const upstream = await startRecordingUpstream(script);
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const clients = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const client = await openRawHttpClient(proxy);
        client.send(requestFor({ target: `${INSTANCE}/attributes/${index}/hold` }));
        return client;
      }),
    );
    await upstream.received(10);
    for (const release of held) release();
    for (const client of clients) expect((await client.answer()).status).toBe(200);
    await upstream.stop();
    await startRecordingUpstream(SCRIPT, upstream.port);
    for (const client of clients) {
      client.send(requestFor({ target: ID }));
      expect((await client.answer()).status).toBe(200);
    }
  });
});

describe('an upstream that misbehaves', () => {
  it.each<readonly [string, Script]>([
    ['says nothing in time', () => new Promise<never>(() => undefined)],
    ['closes without an answer', () => null],
    ['speaks another protocol', () => ({ raw: 'SSH-2.0-OpenSSH_9.9\r\n' })],
    ['stops in the middle', () => ({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' })],
    ['stops in the middle and stays', () => ({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', open: true })],
  ])('makes 502, and nothing stays behind: one that %s', async (_title, script) => {
    const upstream = await startRecordingUpstream(script);
    const proxy = await startMetadataProxy({ upstream: upstream.url, upstreamTimeoutMs: 500 });
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    expect([answer.status, answer.text]).toEqual([502, '']);
    await proxy.reaches('metadata_proxy_in_flight', 0);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(1);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: '/nothing' }) })).status).toBe(403);
  });

  it('ends a streamed answer that takes longer than the upstream has', async () => {
    const upstream = await startRecordingUpstream(() => ({
      raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
      open: true,
    }));
    const proxy = await startMetadataProxy({ upstream: upstream.url, upstreamTimeoutMs: 500 });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, headers: ['X-Any: 1'] }));
    await client.ended;
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });
});

describe('proxy variables of the environment', () => {
  it('do not count', async () => {
    const hops: string[] = [];
    const other = createServer((request, response) => {
      hops.push(request.url ?? '');
      response.end('from the wrong place');
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    const env = Object.fromEntries(names.map((name) => [name, url]));
    const upstream = await startRecordingUpstream(() => ({ body: 'from the upstream' }));
    const proxy = await startMetadataProxy(
      { upstream: upstream.url },
      { ...env, NODE_USE_ENV_PROXY: '1', NO_PROXY: '' },
    );
    for (const headers of [[], ['X-Any: 1']]) {
      const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
      expect(answer.text).toBe('from the upstream');
    }
    expect(hops).toEqual([]);
  });
});
