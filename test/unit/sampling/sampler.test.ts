import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfrastructureError } from '../../../src/errors/errors.ts';
import { type Journal, openJournal } from '../../../src/sampling/journal.ts';
import { type SamplerProgress, openBaseline, runSampler } from '../../../src/sampling/sampler.ts';
import { foldSeries } from '../../../src/sampling/series.ts';
import { buildBaseline } from '../../support/record-builder.ts';
import { open, scriptedControlClient, snapshot } from '../../support/scripted-control-client.ts';

let dir: string;
let journal: Journal;
let stop: AbortController;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'proxybench-sampler-'));
  journal = await openJournal({ dir, attempt: 1 });
  stop = new AbortController();
});

afterEach(async () => {
  await journal.close().catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
});

const intervalMs = 250;
const abort = (): void => stop.abort();

describe('the sampler', () => {
  it('writes every reading, then one more when told to stop, and returns where it got to', async () => {
    const client = scriptedControlClient({
      steps: [snapshot(250, 10), snapshot(500, 30), abort],
      reads: [{ ...snapshot(600, 45), via: 'polling' }],
    });
    const progress = await runSampler({ client, journal, intervalMs, signal: stop.signal });
    expect((await journal.readAll()).flat()).toMatchObject([
      { atMs: 250 },
      { atMs: 500 },
      { atMs: 600, downloadTotalBytes: 45 },
    ]);
    expect(progress).toEqual({
      atMs: 600,
      uploadTotalBytes: 0,
      downloadTotalBytes: 45,
      readings: { stream: 2, polling: 1 },
    });
  });

  it('reports progress small enough for a heartbeat after each reading', async () => {
    const told: SamplerProgress[] = [];
    const client = scriptedControlClient({
      steps: [snapshot(250, 10, [open('a', 10)]), abort],
      reads: [snapshot(300, 11)],
      instances: ['life-1'],
    });
    await runSampler({
      client,
      journal,
      intervalMs,
      signal: stop.signal,
      onProgress: (progress) => told.push(progress),
      now: () => 0,
    });
    expect(told.map(({ downloadTotalBytes }) => downloadTotalBytes)).toEqual([10, 11]);
    expect(JSON.stringify(told[0]).length).toBeLessThan(300);
  });

  it('notes outages, and a last reading that fails, without failing itself', async () => {
    const client = scriptedControlClient({
      steps: [snapshot(250, 10), { outage: 'socket hang up' }, abort],
      reads: [new Error('connect ECONNREFUSED')],
    });
    const progress = await runSampler({ client, journal, intervalMs, signal: stop.signal, now: () => 400 });
    expect((await journal.readAll()).flat()).toMatchObject([
      { atMs: 250 },
      { kind: 'note', about: 'proxy', atMs: 400, reason: 'socket hang up' },
      { kind: 'note', about: 'proxy', atMs: 400, reason: 'the last reading failed: connect ECONNREFUSED' },
    ]);
    expect(progress?.downloadTotalBytes).toBe(10);
  });

  it('ends its last reading by a time limit when the proxy takes the request and never answers', async () => {
    const client = {
      ...scriptedControlClient({ steps: [abort] }),
      read: ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true }),
        ),
    };
    expect(await runSampler({ client, journal, intervalMs, signal: stop.signal, lastReadingTimeoutMs: 20 })).toBeNull();
    expect((await journal.readAll()).flat()).toMatchObject([{ kind: 'note', about: 'proxy' }]);
  });

  it('files readings under the life of the proxy that answers, and asks again after an outage', async () => {
    let nowMs = 100;
    const client = scriptedControlClient({
      steps: [
        snapshot(250, 1000),
        { outage: 'gone' },
        () => (nowMs = 900),
        snapshot(800, 2000),
        snapshot(1000, 2500),
        abort,
      ],
      reads: [snapshot(1100, 2600)],
      instances: ['a', 'b'],
    });
    await runSampler({ client, journal, intervalMs, signal: stop.signal, now: () => nowMs });
    const readings = (await journal.readAll()).flat().filter(({ kind }) => kind === 'reading');
    // The one that came in before the new life had answered may be of either; counted wrongly it would count twice.
    expect(readings).toMatchObject([
      { atMs: 250, instance: 'a' },
      { atMs: 1000, instance: 'b' },
      { atMs: 1100, instance: 'b' },
    ]);
    const series = foldSeries({
      baseline: buildBaseline({ instance: 'a' }),
      intervalMs,
      readings: await journal.readAll(),
    });
    expect(series.points.at(-1)?.totalBytes).toBe(3600);
  });

  it('leaves nothing out after an outage that the proxy lived through', async () => {
    const client = scriptedControlClient({
      steps: [snapshot(250, 10), { outage: 'gone' }, snapshot(800, 20), abort],
      reads: [snapshot(900, 30)],
      instances: ['a'],
    });
    await runSampler({ client, journal, intervalMs, signal: stop.signal, now: () => 100 });
    const readings = (await journal.readAll()).flat().filter(({ kind }) => kind === 'reading');
    expect(readings.map(({ atMs }) => atMs)).toEqual([250, 800, 900]);
  });

  it('asks who answers when a counter falls, although nothing looked like an outage', async () => {
    let nowMs = 100;
    const client = scriptedControlClient({
      steps: [snapshot(250, 1000), () => (nowMs = 600), snapshot(500, 5), snapshot(750, 9), abort],
      reads: [snapshot(800, 12)],
      instances: ['a', 'b'],
    });
    await runSampler({ client, journal, intervalMs, signal: stop.signal, now: () => nowMs });
    expect((await journal.readAll()).flat()).toMatchObject([
      { instance: 'a' },
      { atMs: 750, instance: 'b' },
      { instance: 'b' },
    ]);
  });

  it('keeps readings of a proxy that never tells which life answers', async () => {
    const client = scriptedControlClient({
      steps: [snapshot(250, 10), { outage: 'gone' }, snapshot(800, 5), abort],
      reads: [snapshot(900, 6)],
    });
    await runSampler({ client, journal, intervalMs, signal: stop.signal });
    expect((await journal.readAll()).flat().filter(({ kind }) => kind === 'reading')).toHaveLength(3);
  });

  it('goes on without knowing which life answers when the proxy stops telling', async () => {
    const client = scriptedControlClient({
      steps: [snapshot(250, 10), { outage: 'gone' }, snapshot(500, 20), snapshot(750, 30), snapshot(1000, 40), abort],
      reads: [snapshot(1100, 50)],
      instances: ['a', new Error('404')],
    });
    await runSampler({ client, journal, intervalMs, signal: stop.signal, now: () => 100 });
    const readings = (await journal.readAll()).flat().filter(({ kind }) => kind === 'reading');
    expect(readings.map(({ atMs }) => atMs)).toEqual([250, 1000, 1100]);
    expect(readings[1]).not.toHaveProperty('instance');
  });

  it('fails when the readings end although nobody asked for it', async () => {
    const client = scriptedControlClient({ steps: [snapshot(250, 10)], endsByItself: true });
    await expect(runSampler({ client, journal, intervalMs, signal: stop.signal })).rejects.toBeInstanceOf(
      InfrastructureError,
    );
  });

  it('fails when its journal can no longer be written', async () => {
    await journal.close();
    const client = scriptedControlClient({ steps: [snapshot(250, 10)] });
    await expect(runSampler({ client, journal, intervalMs, signal: stop.signal })).rejects.toBeInstanceOf(
      InfrastructureError,
    );
  });
});

describe('the baseline', () => {
  it('holds the totals, both directions of each open connection, and the life they belong to', async () => {
    const connection = { ...open('a', 70), uploadBytes: 5 };
    const client = scriptedControlClient({
      reads: [{ ...snapshot(100, 90, [connection]), uploadTotalBytes: 8 }],
      instances: ['x'],
    });
    expect(await openBaseline({ client, signal: stop.signal })).toEqual({
      atMs: 100,
      uploadBytes: 8,
      downloadBytes: 90,
      connections: { a: 75 },
      instance: 'x',
    });
  });

  it('holds the 500 largest connections of a busy proxy, and says until when the others opened', async () => {
    const connections = Array.from({ length: 5_000 }, (_, index) => open(`c${index}`, index, 10 + (index % 7)));
    const client = scriptedControlClient({ reads: [snapshot(100, 90, connections)] });
    const baseline = await openBaseline({ client, signal: stop.signal });
    expect(Object.keys(baseline.connections)).toHaveLength(500);
    expect(baseline.connections).toMatchObject({ c4999: 4_999, c4500: 4_500 });
    expect(baseline).toMatchObject({ othersOpenedUntilMs: 16 });
  });

  it('is read again when the proxy restarted meanwhile', async () => {
    const client = scriptedControlClient({ reads: [snapshot(100, 90), snapshot(200, 3)], instances: ['x', 'y', 'y'] });
    expect(await openBaseline({ client, signal: stop.signal })).toMatchObject({ downloadBytes: 3, instance: 'y' });
  });

  it('is given up on a proxy that keeps restarting', async () => {
    const client = scriptedControlClient({ reads: [snapshot(100, 90)], instances: ['1', '2', '3', '4', '5'] });
    await expect(openBaseline({ client, signal: stop.signal })).rejects.toThrow('restarted 3 times');
  });

  it('fails as the client does when the control API does not answer', async () => {
    const client = scriptedControlClient({ reads: [new Error('connect ECONNREFUSED')] });
    await expect(openBaseline({ client, signal: stop.signal })).rejects.toThrow('ECONNREFUSED');
  });
});
