// The proxy's totals since the baseline, across restarts of the proxy; decides what counts as a restart.
import type { SamplingBaseline } from '../activities/contract.ts';
import type { ReadingRecord } from './journal-record.ts';

/** A reading that a sampler received late is never older than this. */
const MOST_DELAY_MS = 2000;

interface Counters {
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

interface TimedCounters extends Counters {
  readonly atMs: number;
}

/** Takes readings in their order and keeps count. */
export class CountedTotals {
  /** Counted in earlier lives of the proxy. */
  #before: Counters = { uploadBytes: 0, downloadBytes: 0 };
  /** Where counting began in this life: the baseline, or zero after a restart. */
  #base: Counters;
  /** The most seen in this life. */
  #most: Counters;
  #last: Counters;
  #instance: string | undefined;
  /** Lives that are over. A sampler that has not noticed a restart yet still names them. */
  readonly #endedInstances = new Set<string>();
  /** What was seen in this life, no further back than it takes to tell a late reading from a restart. */
  #recent: TimedCounters[];

  constructor(baseline: SamplingBaseline) {
    const { uploadBytes, downloadBytes, atMs } = baseline;
    this.#base = { uploadBytes, downloadBytes };
    this.#most = this.#base;
    this.#last = this.#base;
    this.#instance = baseline.instance;
    this.#recent = [{ ...this.#base, atMs }];
  }

  /** Counts a reading; true when the proxy restarted before it. */
  take(input: { readonly record: ReadingRecord; readonly atMs: number; readonly sameAttempt: boolean }): boolean {
    const { record, atMs } = input;
    const instance = this.#endedInstances.has(record.instance ?? '') ? undefined : record.instance;
    const now: Counters = { uploadBytes: record.uploadTotalBytes, downloadBytes: record.downloadTotalBytes };
    const restarted = this.#isRestart({ ...input, instance, now });
    if (restarted) {
      if (this.#instance !== undefined) this.#endedInstances.add(this.#instance);
      this.#before = this.counted();
      this.#base = { uploadBytes: 0, downloadBytes: 0 };
      this.#most = this.#base;
      this.#recent = [];
      this.#instance = undefined;
    }
    if (instance !== undefined && !this.#endedInstances.has(instance)) this.#instance = instance;
    this.#most = {
      uploadBytes: Math.max(this.#most.uploadBytes, now.uploadBytes),
      downloadBytes: Math.max(this.#most.downloadBytes, now.downloadBytes),
    };
    this.#last = now;
    this.#remember({ ...now, atMs });
    return restarted;
  }

  /** Upload and download since the baseline. */
  counted(): Counters {
    return {
      uploadBytes: this.#before.uploadBytes + this.#most.uploadBytes - this.#base.uploadBytes,
      downloadBytes: this.#before.downloadBytes + this.#most.downloadBytes - this.#base.downloadBytes,
    };
  }

  #isRestart(input: {
    readonly instance: string | undefined;
    readonly atMs: number;
    readonly sameAttempt: boolean;
    readonly now: Counters;
  }): boolean {
    const { instance, atMs, sameAttempt, now } = input;
    const bothTell = instance !== undefined && this.#instance !== undefined;
    if (bothTell && instance !== this.#instance) return true;
    if (sameAttempt) return isBelow(now, this.#last);
    if (!isBelow(now, this.#most) || bothTell) return false;
    // Another sampler's first reading may have been on its way while the one before was taken: lower, yet no restart.
    const longAgo = this.#recent.findLast((seen) => seen.atMs <= atMs - MOST_DELAY_MS) ?? this.#recent[0];
    return longAgo === undefined || isBelow(now, longAgo);
  }

  #remember(seen: TimedCounters): void {
    this.#recent.push(seen);
    while ((this.#recent[1]?.atMs ?? Infinity) <= seen.atMs - MOST_DELAY_MS) this.#recent.shift();
  }
}

function isBelow(now: Counters, then: Counters): boolean {
  return now.uploadBytes < then.uploadBytes || now.downloadBytes < then.downloadBytes;
}
