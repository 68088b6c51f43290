import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cutEvidence } from '../../../src/evidence/attribute.ts';
import { type EgressProxy, startEgressProxy } from '../../../src/proxies/egress/start-egress-proxy.ts';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import { openJournal } from '../../../src/sampling/journal.ts';
import { openBaseline, runSampler } from '../../../src/sampling/sampler.ts';
import { foldSeries } from '../../../src/sampling/series.ts';
import { allEnded, connectionsWhen } from '../../support/clash-api.ts';
import { startTcpTarget } from '../../support/counting-target.ts';
import { countToEnd, openTunnel } from '../../support/open-tunnel.ts';
import { buildStage } from '../../support/plan-builder.ts';

const PAYLOAD_BYTES = 3_000_000;
const intervalMs = 50;
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function startParts(): Promise<{ dir: string; authority: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'proxybench-real-sampler-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const target = await startTcpTarget((socket) => socket.end(Buffer.alloc(PAYLOAD_BYTES)));
  cleanUps.push(() => target.close());
  return { dir, authority: `127.0.0.1:${target.port}` };
}

async function start(ports: { proxyPort: number; controlPort: number }): Promise<EgressProxy> {
  const proxy = await startEgressProxy(ports);
  cleanUps.push(() => proxy.close());
  return proxy;
}

/** Moves the payload through the proxy; its connection has ended when this returns. */
async function download(proxy: EgressProxy, authority: string): Promise<void> {
  const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
  expect(await countToEnd(socket)).toBe(PAYLOAD_BYTES);
  socket.end();
  if (!socket.closed) await once(socket, 'close');
  await connectionsWhen(proxy.controlUrl, allEnded);
}

/** One attempt at sampling; `reached` waits for a reading that shows at least so many bytes in the proxy's totals. */
async function startAttempt(input: { controlUrl: string; dir: string; attempt: number }): Promise<{
  reached(instance: string, totalBytes: number): Promise<void>;
  stop(): Promise<void>;
}> {
  const journal = await openJournal(input);
  const stop = new AbortController();
  let wake: () => void = () => undefined;
  let seen = { instance: '', totalBytes: 0 };
  const running = runSampler({
    client: createClashClient({ url: input.controlUrl }),
    journal,
    intervalMs,
    signal: stop.signal,
    onProgress(progress) {
      seen = { instance: progress.instance ?? '', totalBytes: progress.uploadTotalBytes + progress.downloadTotalBytes };
      wake();
    },
  });
  return {
    async reached(instance, totalBytes) {
      while (seen.instance !== instance || seen.totalBytes < totalBytes)
        await new Promise<void>((resolve) => (wake = resolve));
    },
    async stop() {
      stop.abort();
      await running;
      await journal.close();
    },
  };
}

describe('sampling the embedded proxy', () => {
  it('counts exactly what moved since the baseline, across two attempts, and gives it to the stage', async () => {
    const { dir, authority } = await startParts();
    const proxy = await start({ proxyPort: 0, controlPort: 0 });
    const client = createClashClient({ url: proxy.controlUrl });
    await download(proxy, authority);
    const baseline = await openBaseline({ client, signal: new AbortController().signal });

    const startedMs = Date.now();
    const one = await startAttempt({ controlUrl: proxy.controlUrl, dir, attempt: 1 });
    await download(proxy, authority);
    const two = await startAttempt({ controlUrl: proxy.controlUrl, dir, attempt: 2 });
    await download(proxy, authority);
    await one.stop();
    await two.stop();
    const finishedMs = Date.now();

    const journal = await openJournal({ dir, attempt: 3 });
    const series = foldSeries({ baseline, intervalMs, readings: await journal.readAll() });
    await journal.close();
    const now = await client.read({ signal: new AbortController().signal });
    const moved = now.uploadTotalBytes + now.downloadTotalBytes - baseline.uploadBytes - baseline.downloadBytes;
    expect(moved).toBe(2 * PAYLOAD_BYTES);

    const evidence = cutEvidence({
      plan: { stages: [buildStage({ name: 'fetch' })], omittedStages: [] },
      series,
      transitions: [
        { stage: 'fetch', phase: 'started', atMs: startedMs },
        { stage: 'fetch', phase: 'finished', atMs: finishedMs },
      ],
      endedAtMs: finishedMs,
    });
    expect(evidence).toMatchObject({
      totalBytes: moved,
      attributedBytes: moved,
      outsideBytes: 0,
      unattributedBytes: 0,
      proxyRestarts: 0,
    });
    expect(evidence.topDestination).toEqual({ name: authority, bytes: moved });
  });

  it('counts on across a restart of the proxy and says what cannot be known', async () => {
    const { dir, authority } = await startParts();
    const before = await start({ proxyPort: 0, controlPort: 0 });
    const { controlUrl } = before;
    const baseline = await openBaseline({
      client: createClashClient({ url: controlUrl }),
      signal: new AbortController().signal,
    });
    const attempt = await startAttempt({ controlUrl, dir, attempt: 1 });
    await download(before, authority);
    await attempt.reached(before.instance, PAYLOAD_BYTES);
    await before.close();

    const after = await start({ proxyPort: 0, controlPort: Number(new URL(controlUrl).port) });
    await download(after, authority);
    await attempt.reached(after.instance, PAYLOAD_BYTES);
    await attempt.stop();

    const journal = await openJournal({ dir, attempt: 2 });
    const series = foldSeries({ baseline, intervalMs, readings: await journal.readAll() });
    await journal.close();
    expect(series.restartsAtMs).toHaveLength(1);
    expect(series.gaps).toMatchObject([{ cause: 'proxy-restarted', mayHaveMore: true }]);
    expect(series.connections).toHaveLength(2);
    const bytes = series.connections.map(({ uploadBytes, downloadBytes }) => uploadBytes + downloadBytes);
    expect(series.points.at(-1)).toMatchObject({ totalBytes: (bytes[0] ?? 0) + (bytes[1] ?? 0), unexplainedBytes: 0 });
    expect(bytes.every((each) => each >= PAYLOAD_BYTES)).toBe(true);
  });
});
