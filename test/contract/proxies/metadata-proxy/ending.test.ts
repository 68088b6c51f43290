import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type ScriptedAnswer, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

async function start(settings: Partial<Parameters<typeof startMetadataProxy>[0]> = {}) {
  const answers: ((answer: ScriptedAnswer) => void)[] = [];
  const upstream = await startRecordingUpstream(() => new Promise((resolve) => answers.push(resolve)));
  const proxy = await startMetadataProxy({ upstream: upstream.url, ...settings });
  const ask = async (name: string) => {
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: `${INSTANCE}/attributes/${name}` }));
    return client;
  };
  return { upstream, proxy, ask, answers };
}

describe('a proxy that is asked to end', () => {
  it('answers what is under way and what queues, and then is gone with code 0', async () => {
    const { upstream, proxy, ask, answers } = await start({ maxConnections: 1 });
    const clients = [await ask('first')];
    await upstream.received(1);
    for (const [index, name] of ['second', 'third'].entries()) {
      clients.push(await ask(name));
      await proxy.reaches('metadata_proxy_queued', index + 1);
    }
    const ended = proxy.end();
    for (const [index, client] of clients.entries()) {
      await upstream.received(index + 1);
      answers.shift()?.({ body: 'x' });
      expect((await client.answer()).text).toBe('x');
    }
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('says so at /healthz, and takes no new connections', async () => {
    const { upstream, proxy, ask, answers } = await start();
    const health = await openRawHttpClient({ port: proxy.metricsPort });
    health.send(HEALTH);
    expect((await health.answer()).status).toBe(200);
    const client = await ask('x');
    await upstream.received(1);
    const ended = proxy.end();
    const healthNow = async () => (await askRaw({ port: proxy.metricsPort, bytes: HEALTH })).status;
    await expect.poll(healthNow, { timeout: 20_000 }).toBe(503);
    await expect(openRawHttpClient(proxy)).rejects.toThrow('ECONNREFUSED');
    answers.shift()?.({ body: 'x' });
    expect((await client.answer()).text).toBe('x');
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('cuts off what takes longer than it may', async () => {
    const { upstream, proxy, ask } = await start({ stopGraceMs: 300 });
    const client = await ask('x');
    await upstream.received(1);
    expect(await proxy.end()).toEqual({ code: 0, signal: null });
    await client.ended;
  });

  it('does not wait for idle connections', async () => {
    const { upstream, proxy, ask, answers } = await start({ stopGraceMs: 600_000 });
    // The kernel may not even have handed this one over.
    await openRawHttpClient(proxy);
    const used = await ask('x');
    await upstream.received(1);
    answers.shift()?.({ body: 'x' });
    await used.answer();
    expect(await proxy.end()).toEqual({ code: 0, signal: null });
    expect((await used.ended).how).toBe('end');
  });

  it('does not wait for those who wait for a change', async () => {
    const { upstream, proxy } = await start({ stopGraceMs: 600_000 });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: `${INSTANCE}/id?wait_for_change=true` }));
    await upstream.received(1);
    expect(await proxy.end()).toEqual({ code: 0, signal: null });
  });

  it('ends at once when nobody is there', async () => {
    const { proxy } = await start({ stopGraceMs: 600_000 });
    expect(await proxy.end()).toEqual({ code: 0, signal: null });
  });
});
