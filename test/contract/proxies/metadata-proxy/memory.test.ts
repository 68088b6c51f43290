import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCgroup, whyNoCgroup } from '../../../support/cgroup.ts';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';

const reason = await whyNoCgroup();

/** A proxy within 25 MiB, before documents as large as their names say; `stuck` is never answered. */
async function start(settings: Partial<Parameters<typeof startMetadataProxy>[0]> = {}) {
  const upstream = createServer((request, response) => {
    const kilobytes = /kb(\d+)/.exec(request.url ?? '')?.[1];
    if (request.url?.endsWith('stuck') === true) return;
    response.end(Buffer.alloc(Number(kilobytes ?? 1) * 1_000, 'x'));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const group = createCgroup({ limits: { memoryMiB: 25, cpuMillicores: null } });
  onTestFinished(async () => await group.remove());
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const proxy = await startMetadataProxy({ upstream: url, ...settings }, {}, group.enter);
  const ask = async (name: string, headers: readonly string[] = []) => {
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: `${INSTANCE}/attributes/${name}`, headers }));
    return client;
  };
  const survives = async () => {
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: '/nothing' }) });
    expect([answer.status, group.read().oomKills]).toEqual([403, 0]);
  };
  return { proxy, ask, survives };
}

describe.skipIf(reason !== null)(`25 MiB ${reason ?? ''}`, () => {
  it.each([
    ['each another document', 60, (index: number) => `kb300?last_etag=${index}`, {}],
    ['the same document, nothing shared', 100, () => 'kb300', { merge: false, cache: false }],
    ['a document that is too large to be held', 6, (index: number) => `kb3000?last_etag=${index}`, {}],
    ['each another document that is too large to be held', 20, (index: number) => `kb3000/${index}`, {}],
  ])('are enough for many who read %s', async (_title, count, name, settings) => {
    const { ask, survives } = await start(settings);
    const clients = await Promise.all(Array.from({ length: count }, (_, index) => ask(name(index))));
    const bytes = Number(/\d+/.exec(name(0))?.[0]) * 1_000;
    for (const client of clients) expect((await client.answer()).body.length).toBe(bytes);
    await survives();
  });

  it('are enough for 2,300 clients at once where nothing is shared', async () => {
    const { proxy, ask, survives } = await start({ merge: false, cache: false });
    const stuck = await Promise.all(Array.from({ length: 100 }, () => ask('stuck')));
    await proxy.reaches('metadata_proxy_in_flight', 100);
    const clients = await Promise.all(Array.from({ length: 2_300 }, () => ask('kb1')));
    await proxy.reaches('metadata_proxy_queued', 2_300);
    for (const { socket } of stuck) socket.destroy();
    for (const client of clients) expect((await client.answer()).status).toBe(200);
    await survives();
  });

  it('are enough for many clients with large headers: those beyond the room for them are told so', async () => {
    const { proxy, ask, survives } = await start({ maxConnections: 1 });
    await ask('stuck');
    await proxy.reaches('metadata_proxy_in_flight', 1);
    const headers = [`X-Large: ${'a'.repeat(15_000)}`];
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(`x?last_etag=${index}`, headers)));
    await expect
      .poll(async () => await proxy.metric('request_count{code="431",filter_result="filter_result_blocked"}'), {
        timeout: 20_000,
      })
      .toBeGreaterThan(700);
    await survives();
  });
});
