import { describe, expect, it } from 'vitest';
import type { SamplingBaseline } from '../../../src/activities/contract.ts';
import { bytesOf } from '../../../src/evidence/talkers.ts';
import { ChangesOnly } from '../../../src/sampling/changes-only.ts';
import type { ControlConnection, ControlSnapshot } from '../../../src/sampling/control-client.ts';
import type { JournalRecord } from '../../../src/sampling/journal-record.ts';
import { foldSeries } from '../../../src/sampling/series.ts';
import { type Random, randomFrom, upTo } from '../../support/random-from.ts';

const SEEDS = 300;
const STEPS = 120;

/** A proxy by the numbers, with lives, connections, and bytes that no connection explains. */
class PlayedProxy {
  life = 0;
  upload = 0;
  download = 0;
  connections = new Map<string, ControlConnection>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  step(atMs: number): void {
    const random = this.#random;
    if (random() < 0.4) {
      const id = `${this.life}-${atMs}`;
      this.connections.set(id, {
        id,
        client: `10.0.0.${upTo(random, 3)}`,
        destination: 'x:443',
        startMs: atMs,
        uploadBytes: 0,
        downloadBytes: 0,
      });
    }
    for (const [id, connection] of this.connections) {
      const [up, down] = [upTo(random, 50), upTo(random, 5000)];
      this.upload += up;
      this.download += down;
      const { uploadBytes, downloadBytes } = connection;
      this.connections.set(id, { ...connection, uploadBytes: uploadBytes + up, downloadBytes: downloadBytes + down });
      if (random() < 0.2) this.connections.delete(id);
    }
    if (random() < 0.3) this.download += upTo(random, 300);
  }

  restart(): void {
    this.life += 1;
    this.upload = 0;
    this.download = 0;
    this.connections.clear();
  }

  snapshot(atMs: number): ControlSnapshot {
    const connections = [...this.connections.values()];
    return { atMs, uploadTotalBytes: this.upload, downloadTotalBytes: this.download, connections, via: 'stream' };
  }
}

interface Attempt {
  readonly changes: ChangesOnly;
  readonly records: JournalRecord[];
}

/** Plays a run; the truth is what the newest attempt's readings could know of each life. */
function play(seed: number): {
  baseline: SamplingBaseline;
  attempts: Attempt[];
  knownBytes: number;
  restarts: number;
  knowsInstance: boolean;
} {
  const random = randomFrom(seed);
  const knowsInstance = random() < 0.5;
  const proxy = new PlayedProxy(random);
  for (let step = 0; step < upTo(random, 10); step++) proxy.step(step);
  const first = proxy.snapshot(1000);
  const baseline = {
    atMs: first.atMs,
    uploadBytes: first.uploadTotalBytes,
    downloadBytes: first.downloadTotalBytes,
    connections: Object.fromEntries(first.connections.map((c) => [c.id, bytesOf(c)])),
    ...(knowsInstance ? { instance: '0' } : {}),
  };
  const knownByLife = new Map([[0, first.uploadTotalBytes + first.downloadTotalBytes]]);
  const attempts: Attempt[] = [{ changes: new ChangesOnly(), records: [] }];
  let restarts = 0;
  let seenLife = 0;
  let beganAtMs = 1000;
  for (let step = 1; step <= STEPS; step++) {
    const atMs = 1000 + step * 250;
    // Without an instance a restart shows only where the counters fell: it is read at once, before they can grow. For the
    // first reading of a new attempt, a fall below what was read within 2 s before is no proof: lives are longer here.
    const old = knowsInstance || atMs - beganAtMs > 2250;
    const restarted = random() < 0.05 && old && proxy.upload > 0 && proxy.download > 0;
    if (restarted) beganAtMs = atMs;
    if (restarted) proxy.restart();
    else proxy.step(atMs);
    if (!restarted && random() < 0.05) attempts.push({ changes: new ChangesOnly(), records: [] });
    const snapshot = proxy.snapshot(atMs);
    const instance = knowsInstance ? { instance: String(proxy.life) } : {};
    for (const [index, attempt] of attempts.entries()) {
      const newest = index === attempts.length - 1;
      // Older attempts that live on read when they like; the newest never misses a restart.
      if (!newest && random() < 0.7) continue;
      if (newest && !restarted && random() < 0.3) continue;
      attempt.changes.see(snapshot);
      const { uploadTotalBytes, downloadTotalBytes, via } = snapshot;
      const record = {
        kind: 'reading',
        atMs,
        via,
        ...instance,
        uploadTotalBytes,
        downloadTotalBytes,
        changed: attempt.changes.take(),
      } as const;
      attempt.records.push(record);
      if (random() < 0.1) attempt.records.push({ ...record, changed: [] });
      if (newest || attempts.slice(index + 1).every((later) => later.records.length === 0)) {
        knownByLife.set(proxy.life, uploadTotalBytes + downloadTotalBytes);
        if (proxy.life !== seenLife) restarts += 1;
        seenLife = proxy.life;
      }
    }
  }
  const knownBytes =
    [...knownByLife.values()].reduce((a, b) => a + b, 0) - first.uploadTotalBytes - first.downloadTotalBytes;
  return { baseline, attempts, knownBytes, restarts, knowsInstance };
}

describe('the total of a series', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'is exactly what the readings could know, whatever restarts, repeats and overlaps (seed %i)',
    (seed) => {
      const { baseline, attempts, knownBytes, restarts } = play(seed);
      const series = foldSeries({ baseline, intervalMs: 250, readings: attempts.map(({ records }) => records) });
      const last = series.points.at(-1);
      const explained = series.connections.reduce((total, c) => total + bytesOf(c), 0);
      expect(series.restartsAtMs).toHaveLength(restarts);
      expect(last?.totalBytes).toBe(knownBytes);
      expect(series.uploadBytes + series.downloadBytes).toBe(knownBytes);
      expect(explained + (last?.unexplainedBytes ?? 0)).toBe(knownBytes);
      for (const [index, point] of series.points.entries()) {
        expect(point.unexplainedBytes).toBeGreaterThanOrEqual(0);
        expect(point.totalBytes).toBeGreaterThanOrEqual(series.points[index - 1]?.totalBytes ?? 0);
      }
    },
  );
});
