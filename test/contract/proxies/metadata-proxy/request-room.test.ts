import { describe, expect, it, onTestFinished } from 'vitest';
import { createCgroup, whyNoCgroup } from '../../../support/cgroup.ts';
import { INSTANCE, requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { askRaw, openRawHttpClient } from '../../../support/raw-http-client.ts';
import { startRecordingUpstream } from '../../../support/recording-upstream.ts';

const ID = `${INSTANCE}/id`;
const BODY_BYTES = 2_000_000;
const BLOCKED = 'request_count{code="413",filter_result="filter_result_blocked"}';

const reason = await whyNoCgroup();

/** A proxy whose upstream answers nothing but GET, and a way to begin a request with a body. */
async function start(enter?: (command: readonly string[]) => readonly string[]) {
  const upstream = await startRecordingUpstream(({ method }) =>
    method === 'GET' ? { body: 'x' } : new Promise(() => undefined),
  );
  const proxy = await startMetadataProxy({ upstream: upstream.url }, {}, enter);
  const begin = async (framing: string, body = '') => {
    const client = await openRawHttpClient(proxy);
    client.send(requestFor({ target: ID, method: 'POST', headers: [framing], body }));
    return client;
  };
  return { upstream, proxy, begin };
}

describe('a body', () => {
  it.each([
    ['of known length', `Content-Length: ${BODY_BYTES}`],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])(
    '%s beyond the room for them is refused at once, and one of a client that has gone takes none',
    async (_title, framing) => {
      const { proxy, begin } = await start();
      const first = await begin(framing);
      await proxy.reaches('metadata_proxy_in_flight', 1);
      const answer = await (await begin(framing)).answer();
      expect([answer.status, answer.text]).toEqual([
        413,
        'Too many requests with large bodies wait in the metadata proxy\n',
      ]);
      expect(await proxy.metric(BLOCKED)).toBe(1);
      first.socket.destroy();
      await proxy.reaches('metadata_proxy_in_flight', 0);
      await begin(framing);
      await proxy.reaches('metadata_proxy_in_flight', 1);
      expect(await proxy.metric(BLOCKED)).toBe(1);
    },
  );

  it('that is small needs no room, and none that is not ended holds up who reads', async () => {
    const { proxy, begin } = await start();
    await begin(`Content-Length: ${BODY_BYTES}`);
    for (let number = 0; number < 20; number += 1) await begin('Content-Length: 100');
    await proxy.reaches('metadata_proxy_in_flight', 21);
    expect((await askRaw({ port: proxy.port, bytes: requestFor({ target: ID }) })).status).toBe(200);
  });

  it.skipIf(reason !== null)(`is held so that 25 MiB are enough for many of them ${reason ?? ''}`, async () => {
    const group = createCgroup({ limits: { memoryMiB: 25, cpuMillicores: null } });
    onTestFinished(async () => await group.remove());
    const { proxy, begin } = await start(group.enter);
    const body = 'y'.repeat(BODY_BYTES);
    for (let number = 0; number < 60; number += 1) await begin(`Content-Length: ${BODY_BYTES}`, body);
    await proxy.reaches(BLOCKED, 59);
    expect(group.read().oomKills).toBe(0);
  });
});
