// Puts what several attempts at sampling wrote into one order, in which no moment is told twice.
import type { JournalRecord } from './journal-record.ts';

/** A record, when it counts, and whose it is. */
export interface MergedRecord {
  readonly record: JournalRecord;
  /** The record's time, never before that of the record before it: clocks step back, counters do not. */
  readonly atMs: number;
  readonly attempt: number;
}

/**
 * Merges attempts by time. Where two overlap, the one that began later counts from its first reading on: its values are
 * cumulative, so nothing of the older one is needed any more, and readings that were late cannot be mixed up.
 */
export function mergeAttempts(input: {
  /** In the order in which they began. */
  readonly attempts: readonly (readonly JournalRecord[])[];
  /** No record counts before this moment: the baseline's. */
  readonly notBeforeMs: number;
}): readonly MergedRecord[] {
  const timed = input.attempts.map((records, attempt) => {
    let latestMs = input.notBeforeMs;
    return records.map((record): MergedRecord => {
      latestMs = Math.max(latestMs, record.atMs);
      return { record, atMs: latestMs, attempt };
    });
  });
  const counting: (readonly MergedRecord[])[] = [];
  let untilMs = Number.POSITIVE_INFINITY;
  for (const records of timed.toReversed()) {
    const limitMs = untilMs;
    counting.unshift(records.filter(({ atMs }) => atMs < limitMs));
    untilMs = Math.min(untilMs, records.find(({ record }) => record.kind === 'reading')?.atMs ?? untilMs);
  }
  return counting.flat().sort((a, b) => a.atMs - b.atMs);
}
