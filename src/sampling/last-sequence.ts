// How far into a recording earlier attempts have come, so that the next one goes on there.
import type { JournalRecord } from './journal-record.ts';
import type { SamplerProgress } from './sampler.ts';

/** The highest sequence in the journal or the heartbeat; 0 where neither tells of one. */
export function lastSequence(input: {
  readonly attempts: readonly (readonly JournalRecord[])[];
  readonly resumed?: SamplerProgress | undefined;
}): number {
  return input.attempts
    .flat()
    .reduce(
      (highest, record) => (record.kind === 'reading' ? Math.max(highest, record.sequence ?? 0) : highest),
      input.resumed?.sequence ?? 0,
    );
}
