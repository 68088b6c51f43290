import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;
const TOKEN = JSON.stringify({ access_token: 'a', expires_in: 3_599 });

async function start(settings: Partial<Parameters<typeof startMetadataProxy>[0]> = {}) {
  const upstream = await startRecordingUpstream(({ target }) =>
    target === TOKEN_PATH ? { body: TOKEN } : { status: target.endsWith('404') ? 404 : 200, body: 'x' },
  );
  const proxy = await startMetadataProxy({ upstream: upstream.url, ...settings });
  const ask = (target: string, headers: readonly string[] = []) =>
    askRaw({ port: proxy.port, bytes: requestFor({ target, headers }) });
  return { upstream, proxy, ask };
}

/** Lines that count, without those that measure time and memory. */
function counts(page: string): Readonly<Record<string, number>> {
  const lines = page
    .split('\n')
    .filter((line) =>
      /^(?:request_count|metadata_proxy_(?:answers|upstream|in_flight|queued|hanging|request_duration_seconds_count))/.test(
        line,
      ),
    );
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('the page of metrics', () => {
  it('counts every request once, by filter result, code and source', async () => {
    const { upstream, proxy, ask } = await start();
    for (let round = 0; round < 7; round += 1) await ask(TOKEN_PATH);
    for (let round = 0; round < 3; round += 1) await ask(`${INSTANCE}/attributes/kube-env`);
    for (let round = 0; round < 2; round += 1) await ask(ID, ['X-Forwarded-For: 10.0.0.1']);
    for (let round = 0; round < 4; round += 1) await ask(`${INSTANCE}/404`);
    for (let round = 0; round < 5; round += 1) await ask(ID, ['X-Any: 1']);
    await upstream.stop();
    await ask(ID);
    expect(counts(await proxy.metricsPage())).toEqual({
      'request_count{code="200",filter_result="filter_result_proxied"}': 12,
      'request_count{code="403",filter_result="filter_result_blocked"}': 5,
      'request_count{code="404",filter_result="filter_result_proxied"}': 4,
      'request_count{code="502",filter_result="filter_result_proxied"}': 1,
      'metadata_proxy_answers_total{source="upstream"}': 11,
      'metadata_proxy_answers_total{source="merged"}': 0,
      'metadata_proxy_answers_total{source="cache"}': 6,
      'metadata_proxy_answers_total{source="filter"}': 5,
      metadata_proxy_request_duration_seconds_count: 22,
      metadata_proxy_in_flight: 0,
      metadata_proxy_queued: 0,
      metadata_proxy_hanging: 0,
      metadata_proxy_upstream_errors_total: 1,
    });
  });

  it.each([
    ['shared', []],
    ['passed on', ['X-Any: 1']],
  ])(
    'counts once what the upstream answers with a status that nobody knows, as a failure (%s)',
    async (_way, headers) => {
      const upstream = await startRecordingUpstream(() => ({ status: 999 }));
      const proxy = await startMetadataProxy({ upstream: upstream.url });
      const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: ID, headers }) });
      expect(answer.status).toBe(502);
      const all = counts(await proxy.metricsPage());
      expect(all['metadata_proxy_in_flight']).toBe(0);
      expect(all['metadata_proxy_request_duration_seconds_count']).toBe(1);
    },
  );

  it('counts a stream that breaks off as an upstream request that failed', async () => {
    const upstream = await startRecordingUpstream(() => ({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }));
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, headers: ['X-Any: 1'] }));
    await client.ended;
    await proxy.reaches('metadata_proxy_upstream_errors_total', 1);
  });

  it('does not count a stream that its client has left as one that failed', async () => {
    const upstream = await startRecordingUpstream(() => ({
      raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
      open: true,
    }));
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, headers: ['X-Any: 1'] }));
    const [seen] = await upstream.received(1);
    await once(client.socket, 'data');
    client.socket.destroy();
    await seen?.gone;
    await proxy.reaches('metadata_proxy_in_flight', 0);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(0);
  });

  it('tells a 403 of the upstream from one of its own', async () => {
    const upstream = await startRecordingUpstream(() => ({
      status: 403,
      body: 'Missing Metadata-Flavor:Google header.',
    }));
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) });
    await askRaw({ port: proxy.port, bytes: requestFor({ target: '/nothing' }) });
    expect(await proxy.metric('request_count{code="403",filter_result="filter_result_proxied"}')).toBe(1);
    expect(await proxy.metric('request_count{code="403",filter_result="filter_result_blocked"}')).toBe(1);
  });

  it('is Prometheus text of which every family is told once, and every histogram adds up', async () => {
    const { proxy, ask } = await start();
    for (let round = 0; round < 10; round += 1) await ask(ID);
    const page = await proxy.metricsPage();
    const types = page.split('\n').filter((line) => line.startsWith('# TYPE '));
    expect(new Set(types).size).toBe(types.length);
    for (const line of page.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+)$/,
      );
    }
    const buckets = [...page.matchAll(/_bucket\{le="([^"]+)"\} (\d+)/g)].map(([, le, count]) => [
      Number(le?.replace('+Inf', 'Infinity')),
      Number(count),
    ]);
    expect(buckets.map(([le]) => le)).toEqual(
      buckets.map(([le]) => le).toSorted((one, other) => (one ?? 0) - (other ?? 0)),
    );
    expect(buckets.map(([, count]) => count)).toEqual(
      buckets.map(([, count]) => count).toSorted((one, other) => (one ?? 0) - (other ?? 0)),
    );
    expect(buckets.at(-1)).toEqual([Number.POSITIVE_INFINITY, 10]);
    expect(await proxy.metric('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  it('stands at every path, as that of the original does, and /healthz is apart', async () => {
    const { proxy } = await start();
    const get = (path: string) => askRaw({ port: proxy.metricsPort, bytes: `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n` });
    for (const path of ['/', '/metrics', '/anything?x=y']) {
      const answer = await get(path);
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
      expect(answer.text).toContain('# TYPE request_count counter');
    }
    const health = await get('/healthz');
    expect([health.status, health.text]).toEqual([200, 'ok\n']);
    expect(counts(await proxy.metricsPage())['metadata_proxy_request_duration_seconds_count']).toBe(0);
  });

  it('does not count clients that have gone before their answer', async () => {
    const upstream = await startRecordingUpstream(() => new Promise(() => undefined));
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID }));
    const [seen] = await upstream.received(1);
    client.socket.destroy();
    await seen?.gone;
    await proxy.reaches('metadata_proxy_in_flight', 0);
    expect(await proxy.metric('metadata_proxy_request_duration_seconds_count')).toBe(0);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(0);
  });
});

describe('the access log', () => {
  it('is off unless asked for', async () => {
    const { proxy, ask } = await start();
    await ask(ID);
    await ask('/nothing');
    await proxy.end();
    expect(proxy.lines).toEqual([]);
  });

  it('has one line of JSON for each request, also for those answered from what is kept', async () => {
    const { upstream, proxy, ask } = await start({ accessLog: true });
    await ask(TOKEN_PATH);
    await ask(TOKEN_PATH);
    await ask('/nothing?access_token=ya29.secret&x=y');
    await upstream.stop();
    await ask(ID);
    await proxy.end();
    const told = proxy.lines.map((line) => JSON.parse(line) as { at: string; durationMs: number });
    expect(told.every(({ durationMs }) => durationMs >= 0)).toBe(true);
    expect(told.map(({ at: _at, durationMs: _durationMs, ...rest }) => rest)).toEqual([
      { method: 'GET', path: TOKEN_PATH, status: 200, source: 'upstream' },
      { method: 'GET', path: TOKEN_PATH, status: 200, source: 'cache' },
      { method: 'GET', path: '/nothing', queryKeys: ['access_token', 'x'], status: 403, source: 'filter' },
      { method: 'GET', path: ID, status: 502, source: 'upstream' },
    ]);
    for (const { at } of told) expect(new Date(at).toISOString()).toBe(at);
  });
});
