// Baseline + readings → series: what moved since the baseline, counted right across restarts, crashes and silences.
import type { SamplingBaseline } from '../activities/contract.ts';
import type { SampleSeries, SamplingGap, TotalsPoint } from '../evidence/sample-series.ts';
import { gapThresholdMs } from '../evidence/gap-threshold.ts';
import { boundSeries } from './bound-series.ts';
import { CountedConnections } from './counted-connections.ts';
import { CountedTotals } from './counted-totals.ts';
import type { JournalRecord, NoteRecord, ReadingRecord } from './journal-record.ts';
import { type MergedRecord, mergeAttempts } from './merge-attempts.ts';

/**
 * Folds what all attempts at sampling a run wrote into one series, below 200 KB (see `boundSeries`).
 *
 * When the counters fall or another life of the proxy answers, the proxy restarted: from there on bytes count from zero
 * on top of what was counted, and a gap says that what moved between the last reading and the restart is unknown.
 * A pause longer than four intervals, at least 2 s, is a gap; so is a silence of the proxy that no reading ended.
 * The total is never below what the connections prove: a list may be read a moment after its totals, and a restart in
 * a long silence may show in the connections alone. What is added so counts as download. Where the baseline tells that
 * the target's clock is off this machine's, all moments of readings are moved to the target's.
 */
export function foldSeries(input: {
  readonly baseline: SamplingBaseline;
  readonly intervalMs: number;
  /** What each attempt at sampling wrote, in the order in which they began; within one in the order of writing. */
  readonly readings: readonly (readonly JournalRecord[])[];
}): SampleSeries {
  const { baseline, intervalMs, readings: attempts } = input;
  const fold = new Fold({ baseline, intervalMs });
  for (const merged of mergeAttempts({ attempts, notBeforeMs: baseline.atMs })) fold.take(merged);
  return boundSeries(movedBy({ series: fold.finish(), offsetMs: baseline.clockOffsetMs ?? 0 }));
}

/** Connections stay where they are: their starts are by the proxy's clock already. */
function movedBy({ series, offsetMs }: { readonly series: SampleSeries; readonly offsetMs: number }): SampleSeries {
  if (offsetMs === 0) return series;
  return {
    ...series,
    points: series.points.map((point) => ({ ...point, atMs: point.atMs + offsetMs })),
    gaps: series.gaps.map((gap) => ({ ...gap, fromMs: gap.fromMs + offsetMs, toMs: gap.toMs + offsetMs })),
    restartsAtMs: series.restartsAtMs.map((atMs) => atMs + offsetMs),
  };
}

class Fold {
  readonly #intervalMs: number;
  readonly #totals: CountedTotals;
  readonly #connections: CountedConnections;
  readonly #points: TotalsPoint[];
  readonly #gaps: SamplingGap[] = [];
  readonly #restartsAtMs: number[] = [];
  readonly #readings = { stream: 0, polling: 0 };
  /** Notes since the last reading. */
  #notes: { readonly note: NoteRecord; readonly atMs: number }[] = [];
  #bound: NoteRecord | undefined;
  #attempt: number | undefined;
  #last: TotalsPoint;

  constructor(input: { readonly baseline: SamplingBaseline; readonly intervalMs: number }) {
    this.#intervalMs = input.intervalMs;
    this.#totals = new CountedTotals(input.baseline);
    this.#connections = new CountedConnections(input.baseline);
    this.#last = { atMs: input.baseline.atMs, totalBytes: 0, unexplainedBytes: 0 };
    this.#points = [this.#last];
  }

  take({ record, atMs, attempt }: MergedRecord): void {
    if (record.kind === 'reading') this.#takeReading({ record, atMs, attempt });
    else if (record.about === 'bound') this.#bound = record;
    else this.#notes.push({ note: record, atMs });
  }

  finish(): SampleSeries {
    const silentUntil = this.#notes.findLast(({ note }) => note.about === 'proxy');
    if (silentUntil !== undefined) {
      const reason = `the proxy did not answer: ${silentUntil.note.reason}`;
      const stretch = { fromMs: this.#last.atMs, toMs: silentUntil.atMs };
      this.#gaps.push({ ...stretch, bytes: 0, reason, cause: 'proxy-silent', mayHaveMore: true });
    }
    const { uploadBytes, downloadBytes } = this.#totals.counted();
    return {
      intervalMs: this.#intervalMs,
      points: this.#points,
      connections: this.#connections.all(),
      gaps: this.#gaps,
      restartsAtMs: this.#restartsAtMs,
      readings: this.#readings,
      uploadBytes,
      downloadBytes: downloadBytes + (this.#last.totalBytes - uploadBytes - downloadBytes),
    };
  }

  #takeReading({ record, atMs, attempt }: { record: ReadingRecord; atMs: number; attempt: number }): void {
    const restarted = this.#totals.take({
      record,
      atMs,
      sameAttempt: this.#attempt === undefined || this.#attempt === attempt,
    });
    if (restarted) {
      this.#connections.restart();
      this.#restartsAtMs.push(atMs);
    }
    this.#connections.take({ changed: record.changed, atMs });
    this.#readings[record.via] += 1;

    const { uploadBytes, downloadBytes } = this.#totals.counted();
    const explainedBytes = this.#connections.explainedBytes;
    const totalBytes = Math.max(this.#last.totalBytes, uploadBytes + downloadBytes, explainedBytes);
    const point = { atMs, totalBytes, unexplainedBytes: totalBytes - explainedBytes };
    this.#stateGap({ point, restarted, newAttempt: this.#attempt !== undefined && this.#attempt !== attempt });
    this.#points.push(point);
    this.#last = point;
    this.#notes = [];
    this.#attempt = attempt;
  }

  #stateGap({ point, restarted, newAttempt }: { point: TotalsPoint; restarted: boolean; newAttempt: boolean }): void {
    const damage = this.#notes.find(({ note }) => note.about === 'damage')?.note;
    const paused = point.atMs - this.#last.atMs > gapThresholdMs(this.#intervalMs);
    if (!paused && !restarted && damage === undefined) return;
    const silence = this.#notes.findLast(({ note }) => note.about === 'proxy')?.note;
    this.#gaps.push({
      fromMs: this.#last.atMs,
      toMs: point.atMs,
      bytes: point.totalBytes - this.#last.totalBytes,
      ...whyGap({ restarted, silence, damage, bound: this.#bound, newAttempt }),
      ...(restarted ? { mayHaveMore: true } : {}),
    });
  }
}

function whyGap(known: {
  readonly restarted: boolean;
  readonly silence: NoteRecord | undefined;
  readonly damage: NoteRecord | undefined;
  readonly bound: NoteRecord | undefined;
  readonly newAttempt: boolean;
}): Pick<SamplingGap, 'reason' | 'cause'> & { readonly cause: NonNullable<SamplingGap['cause']> } {
  const silence = known.silence === undefined ? '' : `: ${known.silence.reason}`;
  if (known.restarted) {
    const reason = `the proxy restarted; what moved between the last reading and the restart is unknown${silence}`;
    return { cause: 'proxy-restarted', reason };
  }
  if (known.silence !== undefined) return { cause: 'proxy-silent', reason: `the proxy did not answer${silence}` };
  if (known.damage !== undefined) return { cause: 'journal', reason: known.damage.reason };
  if (known.newAttempt) return { cause: 'no-sampler', reason: 'no sampler was running' };
  if (known.bound !== undefined) return { cause: 'journal', reason: known.bound.reason };
  return { cause: 'no-sampler', reason: 'no reading was taken' };
}
