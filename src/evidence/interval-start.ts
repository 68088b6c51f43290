// When a stage began, from stamps of different kinds: whole seconds at first, the stage's own clock with its end.
import type { Transition } from './transition.ts';

/** How far before the start that was told first a start told with the end may lie. */
const MOST_BACKWARD_MS = 5_000;

/** A kubelet's stamps are whole seconds, the last one before what happened. */
export const STAMP_STEP_MS = 1_000;

/**
 * A `started` stamped in whole seconds, moved to the end of what came before it where that is told to have ended within
 * the same second: stages follow one another.
 */
export function startWithinSecond(input: {
  readonly ordered: readonly Transition[];
  readonly started: Transition;
}): number {
  const { ordered, started } = input;
  const { atMs, stage } = started;
  if (atMs % STAMP_STEP_MS !== 0) return atMs;
  const ends = ordered.filter(
    (other) => isEnd(other) && other.stage !== stage && other.atMs > atMs && other.atMs < atMs + STAMP_STEP_MS,
  );
  return Math.max(atMs, ...ends.map((end) => end.atMs));
}

/**
 * The start of the interval that `ordered[index]` ends. `seenMs`: the start told before; null when none was, then the
 * latest end of anything before counts, else the Job's start. A start told with the end corrects both: forward as far as
 * the end, backward by 5 s at most, and never to before the end of what came before. An image that was already
 * there took no time, unless its start is known.
 */
export function intervalStart(input: {
  readonly ordered: readonly Transition[];
  readonly index: number;
  readonly seenMs: number | null;
}): number {
  const { ordered, index, seenMs } = input;
  const end = ordered[index];
  if (end === undefined) return seenMs ?? 0;
  if (seenMs === null) {
    const earliestMs = latestEndBefore({ ordered, index });
    const toldMs = end.startedAtMs ?? (end.pull?.mode === 'present' ? end.atMs : undefined);
    return toldMs === undefined ? earliestMs : within({ valueMs: toldMs, earliestMs, latestMs: end.atMs });
  }
  if (end.startedAtMs === undefined) return seenMs;
  const before = ordered.findLast((other) => isEnd(other) && other.atMs <= seenMs);
  const earliestMs = Math.max(seenMs - MOST_BACKWARD_MS, before?.atMs ?? Number.NEGATIVE_INFINITY);
  return within({ valueMs: end.startedAtMs, earliestMs, latestMs: Math.max(earliestMs, end.atMs) });
}

function latestEndBefore(input: { readonly ordered: readonly Transition[]; readonly index: number }): number {
  const before = input.ordered.slice(0, input.index);
  const end = before.findLast(isEnd);
  const jobStart = before.find((t) => t.stage === null && t.phase === 'started');
  return (end ?? jobStart ?? input.ordered[0])?.atMs ?? 0;
}

function isEnd(transition: Transition): boolean {
  return transition.stage !== null && transition.phase !== 'started';
}

function within(input: { readonly valueMs: number; readonly earliestMs: number; readonly latestMs: number }): number {
  return Math.min(input.latestMs, Math.max(input.earliestMs, input.valueMs));
}
