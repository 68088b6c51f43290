import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type ScriptedAnswer, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const WAIT = `${INSTANCE}/maintenance-event?wait_for_change=true&last_etag=a`;
const HANGING = 'metadata_proxy_hanging';

/** An upstream whose waits end when they are told to; other documents come at once. */
async function start(settings: Partial<Parameters<typeof startMetadataProxy>[0]> = {}) {
  const answers: ((answer: ScriptedAnswer) => void)[] = [];
  const upstream = await startRecordingUpstream(({ target }) =>
    target.includes('wait_for_change') ? new Promise((resolve) => answers.push(resolve)) : { body: 'at once' },
  );
  const proxy = await startMetadataProxy({ upstream: upstream.url, ...settings });
  const wait = async (target = WAIT) => {
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target }));
    return client;
  };
  const change = (body = 'changed'): void => {
    for (const resolve of answers.splice(0))
      resolve({
        body,
        headers: [
          ['ETag', 'b'],
          ['Cache-Control', 'max-age=600'],
        ],
      });
  };
  return { upstream, proxy, wait, change };
}

describe('a wait for a change', () => {
  it('is one for all who wait for the same', async () => {
    const { upstream, proxy, wait, change } = await start();
    const clients = await Promise.all(Array.from({ length: 30 }, () => wait()));
    await Promise.all([proxy.reaches(HANGING, 30), upstream.received(1)]);
    change();
    for (const client of clients) {
      const answer = await client.answer();
      expect([answer.text, answer.header('etag')]).toEqual(['changed', 'b']);
    }
    expect(upstream.seen.map(({ target }) => target)).toEqual([WAIT]);
    await proxy.reaches(HANGING, 0);
  });

  it('is another for another state, and for another document', async () => {
    const { upstream, wait, change } = await start();
    const others = [WAIT, WAIT.replace('=a', '=b'), WAIT.replace('maintenance-event', 'attributes/x')];
    const clients = await Promise.all(others.map((target) => wait(target)));
    await upstream.received(3);
    change();
    for (const client of clients) expect((await client.answer()).text).toBe('changed');
  });

  it('is never answered from what is kept, nor kept', async () => {
    const { upstream, wait, change } = await start();
    for (const count of [1, 2]) {
      const client = await wait();
      await upstream.received(count);
      change(String(count));
      expect((await client.answer()).text).toBe(String(count));
    }
  });

  it('is cut neither by the time that the upstream has for others nor by that of a silent client', async () => {
    const { upstream, wait, change } = await start({ upstreamTimeoutMs: 500, clientTimeoutMs: 1_000 });
    const client = await wait();
    await upstream.received(1);
    // Longer than the runtime's own clock for silent clients takes to notice.
    await pause(9_000);
    change();
    expect((await client.answer()).text).toBe('changed');
  });

  it('stops no ordinary read, however many wait: those who wait for the same are one, others have places of their own', async () => {
    const { upstream, proxy, wait } = await start();
    const clients = await Promise.all(
      Array.from({ length: 700 }, (_, index) => wait(index % 2 ? WAIT : `${WAIT}${index}`)),
    );
    await proxy.reaches(HANGING, clients.length);
    await upstream.received(351);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: `${INSTANCE}/id` }) })).text).toBe('at once');
    expect(await proxy.metric('metadata_proxy_in_flight')).toBe(0);
  });

  it('waits as long when its request is one of its own, and holds no turn', async () => {
    const { upstream, proxy, change } = await start({ upstreamTimeoutMs: 2_000, maxConnections: 1 });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: WAIT, headers: ['X-Any: 1'] }));
    await upstream.received(1);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: `${INSTANCE}/id` }) })).text).toBe('at once');
    await pause(3_000);
    change();
    expect((await client.answer()).text).toBe('changed');
    await proxy.reaches(HANGING, 0);
    expect(await proxy.metric('metadata_proxy_request_duration_seconds_count')).toBe(1);
  });

  it('whose timeout_sec is the longest wait has the time of the upstream beyond it', async () => {
    const { upstream, wait, change } = await start({ longestWaitMs: 1_000 });
    const client = await wait(`${WAIT}&timeout_sec=1`);
    await upstream.received(1);
    await pause(1_300);
    change();
    expect((await client.answer()).text).toBe('changed');
  });

  it('ends when its own timeout_sec, and the time that the upstream has beyond it, are over', async () => {
    const { wait } = await start({ upstreamTimeoutMs: 200 });
    const client = await wait(`${WAIT}&timeout_sec=1`);
    expect((await client.answer()).status).toBe(502);
  });

  it('ends after the longest wait where it names no end', async () => {
    const { wait } = await start({ longestWaitMs: 1_000 });
    expect((await (await wait()).answer()).status).toBe(502);
  });

  it('is given up upstream when the client goes', async () => {
    const { upstream, proxy, wait } = await start();
    const client = await wait();
    const [seen] = await upstream.received(1);
    client.socket.destroy();
    await seen?.gone;
    await proxy.reaches(HANGING, 0);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(0);
  });

  it('holds no turn: with one turn and many who wait, others are answered', async () => {
    const { upstream, proxy, wait, change } = await start({ maxConnections: 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, (_, index) => wait(`${WAIT}${index}`)));
    await upstream.received(20);
    expect(await proxy.metric('metadata_proxy_in_flight')).toBe(0);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: `${INSTANCE}/id` }) })).text).toBe('at once');
    change();
    for (const client of clients) expect((await client.answer()).text).toBe('changed');
  });

  it('takes no upstream connection from others, however many wait for different things', async () => {
    const { upstream, proxy, wait, change } = await start();
    const clients = await Promise.all(Array.from({ length: 300 }, (_, index) => wait(`${WAIT}${index}`)));
    await upstream.received(300);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: `${INSTANCE}/id` }) })).text).toBe('at once');
    change();
    for (const client of clients) expect((await client.answer()).text).toBe('changed');
  });

  it('is not measured as a slow request', async () => {
    const { upstream, proxy, wait, change } = await start();
    const client = await wait();
    await upstream.received(1);
    change();
    await client.answer();
    expect(await proxy.metric('metadata_proxy_request_duration_seconds_count')).toBe(0);
    expect(await proxy.metric('request_count{code="200",filter_result="filter_result_proxied"}')).toBe(1);
  });

  it('may follow on one connection: each with its answer', async () => {
    const { upstream, proxy, change } = await start();
    const client = await openRawHttpClient(proxy);
    for (const count of [1, 2, 3]) {
      client.send(requestFor({ target: WAIT }));
      await upstream.received(count);
      change(String(count));
      expect((await client.answer()).text).toBe(String(count));
    }
  });
});
