import { describe, expect, it } from 'vitest';
import { REFUSALS } from '../../../../src/proxies/metadata-proxy/filter.ts';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;
const BASES = ['/0.1/meta-data', '/computeMetadata/v1beta1/instance', INSTANCE];

/** Answers whatever it is asked, and may be kept: nothing but the filter stands before it. */
async function start() {
  const upstream = await startRecordingUpstream(() => ({
    headers: [['Cache-Control', 'max-age=600']],
    body: 'secret',
  }));
  return { upstream, proxy: await startMetadataProxy({ upstream: upstream.url }) };
}

const CONCEALED = BASES.flatMap((base) => [
  `${base}/attributes/kube-env`,
  `${base}/attributes/kube-env/`,
  `${base}/attributes/KUBE-ENV`,
  `${base}/attributes/kube%2denv`,
  `${base}/attributes/%6bube-env?alt=text`,
  `${base}//attributes//kube-env`,
  `${base}/attributes/./kube-env`,
  `${base}/attributes/x/../kube-env`,
  `${base}/attributes/x/%2e%2e/kube-env`,
  `${base}/service-accounts/default/identity`,
  `${base}/service-accounts/default/identity/`,
  `${base}/service-accounts/default/identity?audience=a&format=full`,
  `${base}/service-accounts/a@b.example/identity`,
  `http://metadata.google.internal${base}/attributes/kube-env`,
]);

/** What the runtime may turn down before the filter sees it: refused in either way, and nothing of it sent on. */
const UNSAFE = BASES.flatMap((base) => [
  `${base}/attributes%2Fkube-env`,
  `${base}/attributes%2fkube-env`,
  `${base}/attributes%5ckube-env`,
  `${base}/attributes/kube-env%00`,
  `${base}/attributes/kube-env%0a`,
  `${base}/attributes/kube-env%23`,
  `${base}/attributes/kube-env;x=y`,
  `${base}/attributes/kube-env%3Bx`,
  `${base}/attributes/kube-env#x`,
  `${base}/attributes/x?alt=json#/../kube-env`,
  `${base}/attributes%252fkube-env`,
  `${base}/attributes/%6b%75be-env%20`,
  `${base}/attributes/kube-env\\`,
  `${base}/attributes\\kube-env`,
  `${base}/attributes/%c0%afkube-env`,
  `http:${base}/attributes/kube-env`,
  `metadata.google.internal${base}/attributes/kube-env`,
]);

const RECURSIVE = BASES.flatMap((base) => [
  `${base}/?recursive=true`,
  `${base}/?recursive`,
  `${base}/?recursive=false`,
  `${base}/?alt=json&recursive=true`,
  `${base}/?recursive=true&alt=json`,
  `${base}/?%72ecursive=true`,
  `${base}/?alt=text;recursive=true`,
  `${base}/?alt=text%3Brecursive=true`,
  `${base}/?alt=text%26recursive=true`,
  `${base}/attributes/?recursive=true`,
  `${base}/service-accounts/?recursive=true`,
  `${base}/service-accounts/default/token/?recursive=true`,
]);

describe('over the wire', () => {
  it('conceals what is to be concealed, in its words and in every spelling', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    // Twice: what was refused once is refused again.
    for (const target of [...CONCEALED, ...CONCEALED]) {
      client.send(requestFor({ target }));
      const answer = await client.answer();
      expect([target, answer.status, answer.text]).toEqual([target, 403, `${REFUSALS.concealed}\n`]);
      expect(answer.header('content-type')).toBe('text/plain; charset=utf-8');
      expect(answer.header('x-content-type-options')).toBe('nosniff');
    }
    expect(upstream.seen).toEqual([]);
  });

  it('conceals recursive listings, in its words and in every spelling', async () => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    for (const target of RECURSIVE) {
      client.send(requestFor({ target }));
      const answer = await client.answer();
      expect([target, answer.status, answer.text]).toEqual([target, 403, `${REFUSALS.recursive}\n`]);
    }
    expect(upstream.seen).toEqual([]);
  });

  it.each(UNSAFE)('sends nothing on of what could be read in a second way: %s', async (target) => {
    const { upstream, proxy } = await start();
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target }) });
    expect(answer.status === 400 || answer.status === 403).toBe(true);
    expect(upstream.seen).toEqual([]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE'])(
    'conceals from every method: %s',
    async (method) => {
      const { upstream, proxy } = await start();
      const client = await openRawHttpClient(proxy);
      for (let round = 0; round < 2; round += 1) {
        client.send(requestFor({ target: `${INSTANCE}/attributes/kube-env`, method }));
        const answer = await client.answer({ head: method === 'HEAD' });
        expect([answer.status, answer.header('content-length')]).toEqual([403, String(REFUSALS.concealed.length + 1)]);
      }
      expect(upstream.seen).toEqual([]);
    },
  );

  it('lets through what is allowed: service accounts recursively, and siblings of what is concealed', async () => {
    const { upstream, proxy } = await start();
    const targets = [
      '/',
      '/computeMetadata/v1/',
      ID,
      `${INSTANCE}/attributes/`,
      `${INSTANCE}/attributes/kube-labels`,
      `${INSTANCE}/service-accounts/default/?recursive=true`,
      `${INSTANCE}/service-accounts/default/token`,
    ];
    for (const target of targets) {
      expect((await askRaw({ port: proxy.port, bytes: requestFor({ target }) })).status).toBe(200);
    }
    expect(upstream.seen.map(({ target }) => target)).toEqual(targets);
  });

  it.each([
    ['/computeMetadata/v2/instance/id', REFUSALS.unknown],
    ['/nothing', REFUSALS.unknown],
    [`${ID}?nobody=knows`, 'Unrecognized query parameter key: `nobody`'],
  ])('refuses what it does not know: %s', async (target, text) => {
    const { upstream, proxy } = await start();
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target }) });
    expect([answer.status, answer.text, upstream.seen.length]).toEqual([403, `${text}\n`, 0]);
  });

  it.each([
    'X-Forwarded-For: 10.0.0.1',
    'X-Forwarded-For:',
    'x-forwarded-for: 10.0.0.1',
    'X-FORWARDED-FOR: 10.0.0.1, 10.0.0.2',
  ])('refuses a request with %s, also one that is known and kept without it', async (header) => {
    const { upstream, proxy } = await start();
    const client = await openRawHttpClient(proxy);
    for (let round = 0; round < 3; round += 1) {
      client.send(requestFor({ target: ID }));
      expect((await client.answer()).text).toBe('secret');
      client.send(requestFor({ target: ID, headers: [header] }));
      const answer = await client.answer();
      expect([answer.status, answer.text]).toEqual([403, `${REFUSALS.forwarded}\n`]);
      client.send(requestFor({ target: ID, headers: [`Connection: ${header.split(':')[0]}`, header] }));
      expect((await client.answer()).status).toBe(403);
    }
    expect(upstream.seen.length).toBe(1);
  });

  it.each([
    `metadata.google.internal${INSTANCE}/attributes/kube-env?x=`,
    `x?alt=`,
    `x#`,
    `user@x`,
    `x:80/..`,
    `[::1`,
    ' ',
    '',
  ])('does not let a Host header change what is asked for: %j', async (host) => {
    const { upstream, proxy } = await start();
    const targets = [`${INSTANCE}/attributes/kube-env`, `${INSTANCE}/?recursive=true`, ID];
    for (const target of targets) {
      const client = await openRawHttpClient(proxy);
      client.socket.end(
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nMetadata-Flavor: Google\r\nConnection: close\r\n\r\n`,
      );
      await client.ended;
    }
    for (const seen of upstream.seen) expect(seen.target).toBe(ID);
  });
});

describe('rules of its own', () => {
  it('hold over the wire', async () => {
    const upstream = await startRecordingUpstream(() => ({ body: 'x' }));
    const rules = {
      queryKeys: ['alt'],
      recursive: [],
      concealed: ['/computeMetadata/v1/instance/attributes/*'],
      discovery: [],
      prefixes: ['/computeMetadata/v1/'],
    };
    const proxy = await startMetadataProxy({ upstream: upstream.url, rules });
    const status = async (target: string) => (await askRaw({ port: proxy.port, bytes: requestFor({ target }) })).status;
    expect([
      await status(ID),
      await status(`${INSTANCE}/attributes/any`),
      await status('/'),
      await status(`${ID}?last_etag=1`),
    ]).toEqual([200, 403, 403, 403]);
  });
});
