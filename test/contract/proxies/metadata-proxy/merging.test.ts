import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { openRawHttpClient } from '../../../support/raw-http-client.ts';
import { type ScriptedAnswer, startRecordingUpstream } from '../../../support/recording-upstream.ts';

/** An upstream that answers when it is told to, and a proxy in front. */
async function start(settings: { readonly merge?: boolean; readonly cache?: boolean } = {}) {
  const answers: ((answer: ScriptedAnswer) => void)[] = [];
  const upstream = await startRecordingUpstream(() => new Promise((resolve) => answers.push(resolve)));
  const proxy = await startMetadataProxy({ upstream: upstream.url, ...settings });
  const ask = async (given: Partial<Parameters<typeof requestFor>[0]> = {}) => {
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: TOKEN_PATH, ...given }));
    return client;
  };
  /** Lets all that the upstream has been asked so far have its answer. */
  const release = (answer: ScriptedAnswer = { body: 'same' }): void => {
    for (const resolve of answers.splice(0)) resolve(answer);
  };
  return { upstream, proxy, ask, release };
}

const IN_FLIGHT = 'metadata_proxy_in_flight';

describe('equal reads at the same time', () => {
  it.each([2, 60])('are one upstream request: %i of them', async (count) => {
    const { upstream, proxy, ask, release } = await start();
    const clients = await Promise.all(Array.from({ length: count }, () => ask()));
    await Promise.all([proxy.reaches(IN_FLIGHT, count), upstream.received(1)]);
    release();
    const texts = await Promise.all(clients.map(async (client) => (await client.answer()).text));
    expect(new Set(texts)).toEqual(new Set(['same']));
    expect(upstream.seen.length).toBe(1);
    expect(await proxy.metric('metadata_proxy_answers_total{source="merged"}')).toBe(count - 1);
    expect(await proxy.metric('metadata_proxy_answers_total{source="upstream"}')).toBe(1);
  });

  it('are each a request of its own when merging is off', async () => {
    const { upstream, ask, release } = await start({ merge: false });
    const clients = await Promise.all([ask(), ask(), ask()]);
    await upstream.received(3);
    release();
    for (const client of clients) expect((await client.answer()).text).toBe('same');
  });

  it('are asked anew once the answer, which may not be kept, has come', async () => {
    const { upstream, ask, release } = await start();
    for (const count of [1, 2]) {
      const client = await ask();
      await upstream.received(count);
      release({ body: String(count) });
      expect((await client.answer()).text).toBe(String(count));
    }
  });

  it('share a failure, too', async () => {
    const { upstream, proxy, ask } = await start();
    const clients = await Promise.all([ask(), ask(), ask()]);
    await Promise.all([proxy.reaches(IN_FLIGHT, 3), upstream.received(1)]);
    await upstream.stop();
    for (const client of clients) {
      const answer = await client.answer();
      expect([answer.status, answer.text]).toEqual([502, '']);
    }
    expect(upstream.seen.length).toBe(1);
  });

  it('go on when the one that came first has gone', async () => {
    const { upstream, proxy, ask, release } = await start();
    const first = await ask();
    await upstream.received(1);
    const second = await ask();
    await proxy.reaches(IN_FLIGHT, 2);
    first.socket.destroy();
    await proxy.reaches(IN_FLIGHT, 1);
    release();
    expect((await second.answer()).text).toBe('same');
    expect(upstream.seen.length).toBe(1);
  });

  it.each(['closed', 'reset'] as const)('are given up upstream when all have gone (%s)', async (how) => {
    const { upstream, proxy, ask } = await start();
    const clients = await Promise.all([ask(), ask(), ask()]);
    await Promise.all([proxy.reaches(IN_FLIGHT, 3), upstream.received(1)]);
    for (const { socket } of clients) how === 'reset' ? socket.resetAndDestroy() : socket.destroy();
    await upstream.seen[0]?.gone;
    await proxy.reaches(IN_FLIGHT, 0);
    expect(await proxy.metric('metadata_proxy_upstream_errors_total')).toBe(0);
  });

  it('are not joined by one that comes after all the others have gone', async () => {
    const { upstream, ask, release } = await start();
    const gone = await ask();
    const [first] = await upstream.received(1);
    gone.socket.destroy();
    await first?.gone;
    const late = await ask();
    await upstream.received(2);
    release();
    expect((await late.answer()).text).toBe('same');
  });
});

describe('the one request for all', () => {
  it('has nothing of what one of them says of itself', async () => {
    const { upstream, ask, release } = await start();
    await ask({ headers: [`User-Agent: ${'z'.repeat(9_000)}`, 'X-Goog-Api-Client: one', 'Accept-Language: de'] });
    const [seen] = await upstream.received(1);
    expect(['user-agent', 'x-goog-api-client', 'accept-language'].map((name) => seen?.header(name))).toEqual([
      'proxybench-metadata-proxy',
      undefined,
      undefined,
    ]);
    release();
  });
});

describe('reads that are not equal', () => {
  it.each<readonly [string, Partial<Parameters<typeof requestFor>[0]>]>([
    ['another path', { target: `${INSTANCE}/id` }],
    ['another query', { target: `${TOKEN_PATH}?alt=json` }],
    ['another Accept', { headers: ['Accept: text/plain'] }],
    ['an old flavour header beside the new one', { headers: ['X-Google-Metadata-Request: True'] }],
    ['the flavour header twice', { headers: ['Metadata-Flavor: Google'] }],
    ['a second Host', { headers: ['Host: other'] }],
    ['credentials', { headers: ['Authorization: Bearer abc'] }],
    ['a header that nobody knows', { headers: ['X-Any: 1'] }],
    ['a condition', { headers: ['If-None-Match: "a"'] }],
    ['a range', { headers: ['Range: bytes=0-1'] }],
    ['a cookie', { headers: ['Cookie: a=b'] }],
    ['the flavour taken away', { headers: ['Connection: Metadata-Flavor'] }],
    ['the host taken away', { headers: ['Connection: Host'] }],
    ['POST', { method: 'POST' }],
    ['HEAD', { method: 'HEAD' }],
    ['a body', { headers: ['Content-Length: 1'], body: 'x' }],
  ])('are requests of their own: %s', async (_title, other) => {
    const { upstream, ask, release } = await start();
    const [one, two] = [await ask(), await ask(other)];
    await upstream.received(2);
    release();
    await Promise.all([one.answer(), two.answer({ head: other.method === 'HEAD' })]);
    expect(upstream.seen.length).toBe(2);
  });

  it.each([
    ['user agents', ['User-Agent: one'], ['User-Agent: two']],
    [
      'client libraries',
      ['x-goog-api-client: gl-python/3.12.1 auth/2.38.0 auth-request-type/at cred-type/mds', 'Accept: */*'],
      ['Accept: */*', 'accept-language: *', 'sec-fetch-mode: cors', 'accept-encoding: gzip, deflate'],
    ],
    ['wish for news', ['Cache-Control: no-cache', 'Pragma: no-cache'], ['Cache-Control: max-age=0']],
    ['encodings that they take', ['Accept-Encoding: gzip'], ['Accept-Encoding: identity']],
    ['what becomes of their connections', ['Connection: close'], ['Connection: keep-alive']],
  ])('are equal for all that matters, whatever their %s', async (_title, first, second) => {
    const { upstream, proxy, ask, release } = await start();
    const clients = [await ask({ headers: first }), await ask({ headers: second })];
    await Promise.all([proxy.reaches(IN_FLIGHT, 2), upstream.received(1)]);
    release();
    for (const client of clients) expect((await client.answer()).text).toBe('same');
    expect(upstream.seen.length).toBe(1);
  });
});
