import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type ScriptedAnswer, startRecordingUpstream } from '../../../support/recording-upstream.ts';

/** As many as are asked for at once, each for something of its own. */
const CLIENTS = 400;
const TURNS = 10;

/** A proxy of one turn, which a client has that was given half of its answer. */
async function withHalfAnAnswer() {
  const upstream = await startRecordingUpstream(({ target }) =>
    target.endsWith('slow') ? { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab', open: true } : { body: 'x' },
  );
  const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: 1 });
  const slow = await openRawHttpClient(proxy);
  slow.send(requestFor({ target: `${INSTANCE}/attributes/slow`, headers: ['X-Any: 1'] }));
  const [seen] = await upstream.received(1);
  await proxy.reaches('metadata_proxy_in_flight', 1);
  return { proxy, slow, seen };
}

describe('a proxy with a bound', () => {
  it('works on so many requests at a time, and answers all the others later, resetting none', async () => {
    const answers: ((answer: ScriptedAnswer) => void)[] = [];
    const upstream = await startRecordingUpstream(() => new Promise((resolve) => answers.push(resolve)));
    const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: TURNS });
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, index) => {
        const client = await openRawHttpClient(proxy);
        client.send(requestFor({ target: `${INSTANCE}/attributes/a${index}` }));
        return client;
      }),
    );
    await upstream.received(TURNS);
    await proxy.reaches('metadata_proxy_queued', CLIENTS - TURNS);
    expect(await proxy.metric('metadata_proxy_in_flight')).toBe(TURNS);
    expect(upstream.seen.length).toBe(TURNS);
    let most = 0;
    const received = (async () => {
      for (let done = 0; done < CLIENTS; done += 1) {
        await upstream.received(done + 1);
        most = Math.max(most, answers.length);
        answers.shift()?.({ body: upstream.seen[done]?.target ?? '' });
      }
    })();
    const texts = await Promise.all(clients.map(async (client) => (await client.answer()).text));
    await received;
    expect(texts).toEqual(clients.map((_, index) => `${INSTANCE}/attributes/a${index}`));
    expect(most).toBeLessThanOrEqual(TURNS);
    await proxy.reaches('metadata_proxy_queued', 0);
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });

  it('gives the turn of a client that goes to the next, whether it had one or waited for one', async () => {
    const upstream = await startRecordingUpstream(({ target }) =>
      target.endsWith('stuck') ? new Promise(() => undefined) : { body: 'x' },
    );
    const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: 1 });
    const ask = async (name: string) => {
      const client = await openRawHttpClient(proxy);
      client.send(requestFor({ target: `${INSTANCE}/attributes/${name}` }));
      return client;
    };
    const stuck = await ask('stuck');
    await upstream.received(1);
    const left = await ask('left');
    await proxy.reaches('metadata_proxy_queued', 1);
    const last = await ask('last');
    await proxy.reaches('metadata_proxy_queued', 2);
    left.socket.destroy();
    await proxy.reaches('metadata_proxy_queued', 1);
    stuck.socket.destroy();
    expect((await last.answer()).text).toBe('x');
    expect(upstream.seen.map(({ target }) => target.split('/').at(-1))).toEqual(['stuck', 'last']);
  });

  it('lets nobody queue whom it can answer by itself', async () => {
    const upstream = await startRecordingUpstream(({ target }) =>
      target.endsWith('stuck')
        ? new Promise(() => undefined)
        : { body: 'x', headers: [['Cache-Control', 'max-age=600']] },
    );
    const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: 1 });
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: `${INSTANCE}/id` }));
    await client.answer();
    const stuck = await openRawHttpClient(proxy);
    stuck.send(requestFor({ target: `${INSTANCE}/attributes/stuck` }));
    await upstream.received(2);
    client.send(requestFor({ target: `${INSTANCE}/id` }));
    expect((await client.answer()).text).toBe('x');
    client.send(requestFor({ target: '/nothing' }));
    expect((await client.answer()).status).toBe(403);
  });

  it('holds the turn of an answer that streams until its end', async () => {
    const { proxy, slow, seen } = await withHalfAnAnswer();
    const next = await openRawHttpClient(proxy);
    next.send(requestFor({ target: `${INSTANCE}/id` }));
    await proxy.reaches('metadata_proxy_queued', 1);
    seen?.socket.write('cd');
    expect((await slow.answer()).text).toBe('abcd');
    expect((await next.answer()).text).toBe('x');
  });

  it('holds no turn for an answer that nobody reads to its end', async () => {
    const { proxy, slow, seen } = await withHalfAnAnswer();
    slow.socket.destroy();
    await seen?.gone;
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });

  it.each([
    ['HEAD', 200],
    ['POST', 204],
    ['POST', 304],
    ['POST', 200],
    ['DELETE', 404],
  ] as const)('holds no turn after an answer that has no body: %s, %i', async (method, status) => {
    const upstream = await startRecordingUpstream(() => ({ status, headers: [['Content-Length', '0']] }));
    const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: 1 });
    const client = await openRawHttpClient(proxy);
    for (let round = 0; round < 5; round += 1) {
      client.send(requestFor({ target: `${INSTANCE}/id`, method }));
      expect((await client.answer({ head: method === 'HEAD' })).status).toBe(status);
    }
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });

  it.each([
    ['breaks off', { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab' }],
    ['breaks off in a chunk', { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab' }],
  ])('holds no turn after an answer that %s', async (_title, answer) => {
    const upstream = await startRecordingUpstream(() => answer);
    const proxy = await startMetadataProxy({ upstream: upstream.url, maxConnections: 1 });
    for (let round = 0; round < 5; round += 1) {
      const client = await openRawHttpClient(proxy);
      client.send(requestFor({ target: `${INSTANCE}/id`, headers: ['X-Any: 1'] }));
      await client.ended;
    }
    await proxy.reaches('metadata_proxy_in_flight', 0);
  });
});
