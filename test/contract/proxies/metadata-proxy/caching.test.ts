import { describe, expect, it } from 'vitest';
import { INSTANCE, requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { askRaw } from '../../../support/raw-http-client.ts';
import { type Script, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;

const TOKEN = { access_token: 'ya29.abc', expires_in: 3_599, token_type: 'Bearer' };

async function start(
  input: {
    readonly script?: Script;
    readonly settings?: Parameters<typeof startMetadataProxy>[0] extends infer S ? Partial<S> : never;
  } = {},
) {
  const { script = () => ({ headers: [['Content-Type', 'application/json']], body: JSON.stringify(TOKEN) }) } = input;
  const upstream = await startRecordingUpstream(script);
  const proxy = await startMetadataProxy({ upstream: upstream.url, ...input.settings });
  const ask = (given: Partial<Parameters<typeof requestFor>[0]> = {}) =>
    askRaw({ port: proxy.port, bytes: requestFor({ target: TOKEN_PATH, ...given }) });
  return { upstream, proxy, ask };
}

const expiresIn = (text: string): number => (JSON.parse(text) as typeof TOKEN).expires_in;

describe('a token', () => {
  it('is asked for once, and told how long it still lives', async () => {
    const { upstream, proxy, ask } = await start();
    const first = await ask();
    expect(JSON.parse(first.text)).toEqual(TOKEN);
    for (let round = 0; round < 20; round += 1) {
      const again = await ask();
      expect([again.status, again.header('content-type')]).toEqual([200, 'application/json']);
      const { expires_in: left, ...rest } = JSON.parse(again.text) as typeof TOKEN;
      expect(rest).toEqual({ access_token: TOKEN.access_token, token_type: TOKEN.token_type });
      // Whoever reads it later must not believe that it lives longer.
      expect(left).toBeLessThan(TOKEN.expires_in);
      expect(left).toBeGreaterThan(TOKEN.expires_in - 120);
    }
    expect(upstream.seen.length).toBe(1);
    expect(await proxy.metric('metadata_proxy_answers_total{source="cache"}')).toBe(20);
  });

  it('is asked for each time within the margin before its end', async () => {
    const { upstream, ask } = await start({ settings: { tokenMarginMs: 3_599_000 } });
    for (let round = 0; round < 3; round += 1) expect(expiresIn((await ask()).text)).toBe(3_599);
    expect(upstream.seen.length).toBe(3);
  });

  it('is asked for each time when keeping is off', async () => {
    const { upstream, ask } = await start({ settings: { cache: false } });
    for (let round = 0; round < 3; round += 1) await ask();
    expect(upstream.seen.length).toBe(3);
  });

  it('is kept with merging off', async () => {
    const { upstream, ask } = await start({ settings: { merge: false } });
    for (let round = 0; round < 3; round += 1) await ask();
    expect(upstream.seen.length).toBe(1);
  });

  it('of one account is not that of another', async () => {
    const { upstream, ask } = await start({
      script: ({ target }) => ({ body: JSON.stringify({ ...TOKEN, access_token: target }) }),
    });
    const targets = [TOKEN_PATH, `${INSTANCE}/service-accounts/a@b.example/token`, `${TOKEN_PATH}?scopes=a`];
    for (let round = 0; round < 2; round += 1) {
      for (const target of targets) expect((await ask({ target })).text).toContain(`"${target}"`);
    }
    expect(upstream.seen.map(({ target }) => target)).toEqual(targets);
  });
});

describe('what the upstream says of keeping', () => {
  it.each([
    ['max-age=600', 1],
    ['public, max-age=600', 1],
    ['max-age="600"', 1],
    ['max-age=0', 3],
    ['no-store', 3],
    ['no-cache', 3],
    ['private', 3],
    ['private, max-age=600', 3],
    ['no-store, max-age=600', 3],
    ['max-age=600, s-maxage=0', 3],
    ['must-revalidate', 3],
  ])('is done: %s makes %i requests of three', async (control, requests) => {
    const { upstream, ask } = await start({ script: () => ({ headers: [['Cache-Control', control]], body: 'x' }) });
    for (let round = 0; round < 3; round += 1) expect((await ask({ target: ID })).text).toBe('x');
    expect(upstream.seen.length).toBe(requests);
  });

  it.each(['no-store', 'private', 'max-age=0'])('counts for tokens, too: %s', async (control) => {
    const { upstream, ask } = await start({
      script: () => ({ headers: [['Cache-Control', control]], body: JSON.stringify(TOKEN) }),
    });
    for (let round = 0; round < 2; round += 1) await ask();
    expect(upstream.seen.length).toBe(2);
  });

  it('is nothing for most documents, which are asked for each time', async () => {
    const { upstream, ask } = await start({ script: () => ({ body: 'x' }) });
    for (let round = 0; round < 3; round += 1) await ask({ target: ID });
    expect(upstream.seen.length).toBe(3);
  });

  it.each([201, 204, 301, 403, 404, 500, 503])('counts for an answer of 200 only, not for %i', async (status) => {
    const { upstream, ask } = await start({ script: () => ({ status, headers: [['Cache-Control', 'max-age=600']] }) });
    for (let round = 0; round < 2; round += 1) expect((await ask({ target: ID })).status).toBe(status);
    expect(upstream.seen.length).toBe(2);
  });

  it('tells a reader how old the answer is that it gets', async () => {
    const { ask } = await start({ script: () => ({ headers: [['Cache-Control', 'max-age=600']], body: 'x' }) });
    await ask({ target: ID });
    expect((await ask({ target: ID })).header('age')).toMatch(/^\d+$/);
  });
});

describe('a kept answer', () => {
  const KEPT: Script = ({ body }, index) => ({ headers: [['Cache-Control', 'max-age=600']], body: `${index} ${body}` });

  it.each<readonly [string, Partial<Parameters<typeof requestFor>[0]>]>([
    ['no flavour header', { headers: ['Connection: Metadata-Flavor'] }],
    ['another Accept', { headers: ['Accept: text/plain'] }],
    ['the old flavour header', { headers: ['X-Google-Metadata-Request: True'] }],
    ['credentials', { headers: ['Authorization: Bearer abc'] }],
    ['a condition', { headers: ['If-None-Match: "a"'] }],
    ['a header that nobody knows', { headers: ['X-Any: 1'] }],
    ['POST', { method: 'POST' }],
    ['PUT', { method: 'PUT' }],
    ['DELETE', { method: 'DELETE' }],
    ['OPTIONS', { method: 'OPTIONS' }],
  ])('is not for a request with %s, whose answer is not for others either', async (_title, other) => {
    const { upstream, ask } = await start({ script: KEPT });
    const one = (await ask({ target: ID })).text;
    expect((await ask({ target: ID, ...other })).text).not.toBe(one);
    expect((await ask({ target: ID })).text).toBe(one);
    expect(upstream.seen.length).toBe(2);
  });

  it('is not for another host', async () => {
    const { upstream, proxy } = await start({ script: KEPT });
    const asked = async (host: string) =>
      (
        await askRaw({
          port: proxy.port,
          bytes: `GET ${ID} HTTP/1.1\r\nHost: ${host}\r\nMetadata-Flavor: Google\r\n\r\n`,
        })
      ).text;
    const hosts = ['metadata.google.internal', 'metadata', '169.254.169.254', 'evil.example'];
    const texts = [];
    for (const host of [...hosts, ...hosts]) texts.push(await asked(host));
    expect(new Set(texts).size).toBe(hosts.length);
    expect(upstream.seen.length).toBe(hosts.length);
  });

  it('is for nobody without the flavour header, since it may be one that the upstream refuses without', async () => {
    const { upstream, proxy, ask } = await start({
      script: (request) =>
        request.header('metadata-flavor') === 'Google'
          ? { headers: [['Cache-Control', 'max-age=600']], body: JSON.stringify(TOKEN) }
          : { status: 403, body: 'Missing Metadata-Flavor:Google header.' },
    });
    await ask();
    const bare = await askRaw({
      port: proxy.port,
      bytes: `GET ${TOKEN_PATH} HTTP/1.1\r\nHost: metadata.google.internal\r\n\r\n`,
    });
    const empty = await askRaw({
      port: proxy.port,
      bytes: `GET ${TOKEN_PATH} HTTP/1.1\r\nHost: metadata.google.internal\r\nMetadata-Flavor: \r\n\r\n`,
    });
    expect([bare.status, empty.status, upstream.seen.length]).toEqual([403, 403, 3]);
  });

  it.each([
    ['Host', 'HTTP/1.0', 'Metadata-Flavor: Google'],
    ['Metadata-Flavor', 'HTTP/1.1', 'Host: metadata'],
  ])('is not for an empty %s where there was none', async (name, version, header) => {
    const { upstream, proxy } = await start({ script: KEPT });
    for (const more of ['', `${name}:\r\n`, '', `${name}:\r\n`]) {
      await askRaw({ port: proxy.port, bytes: `GET ${ID} ${version}\r\n${header}\r\n${more}\r\n` });
    }
    expect(upstream.seen.length).toBe(2);
  });

  it('never answers for a POST, which reaches the upstream each time', async () => {
    const { upstream, ask } = await start({ script: KEPT });
    for (let round = 0; round < 3; round += 1) await ask({ target: ID, method: 'POST' });
    expect(upstream.seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });

  it('is not given for one whose answer varies', async () => {
    const { upstream, ask } = await start({
      script: () => ({
        headers: [
          ['Cache-Control', 'max-age=600'],
          ['Vary', 'User-Agent'],
        ],
        body: 'x',
      }),
    });
    for (let round = 0; round < 2; round += 1) await ask({ target: ID });
    expect(upstream.seen.length).toBe(2);
  });

  it('does not outlast memory: of very many the last are kept', async () => {
    const { upstream, ask } = await start({ script: KEPT });
    for (let number = 0; number < 100; number += 1) await ask({ target: `${ID}?last_etag=${number}` });
    await ask({ target: `${ID}?last_etag=99` });
    expect(upstream.seen.length).toBe(100);
    await ask({ target: `${ID}?last_etag=0` });
    expect(upstream.seen.length).toBe(101);
  });
});
