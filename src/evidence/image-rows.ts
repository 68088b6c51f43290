// One row for each pull of an image: what the container runtime says of it beside what the proxy saw.
import type { Stage } from '../plan/plan.ts';
import type { ImageEvidence } from './evidence.ts';
import type { Transition } from './transition.ts';
import type { StageTimeline, TimelineInterval } from './intervals.ts';
import { rateOf } from './rate-of.ts';

/** Beyond its image's size a pull moves requests, certificates, and what was lost on the way, at most so much. */
const MOST_SHARE_OF_SIZE = 1.25;
const MOST_BESIDE_IMAGE_BYTES = 1_048_576;

/** Bytes of a pull's own time that are more than its image takes: others' pulls of the same node. */
export function foreignPullBytes({ proxyBytes, sizeBytes }: Pick<ImageEvidence, 'proxyBytes' | 'sizeBytes'>): number {
  if (sizeBytes === null) return 0;
  return Math.max(0, proxyBytes - Math.ceil(sizeBytes * MOST_SHARE_OF_SIZE) - MOST_BESIDE_IMAGE_BYTES);
}

/** The rows of an image-pull stage, by start. `bytesOf`: what the proxy saw of the pull in this interval. */
export function imageRows(input: {
  readonly timeline: StageTimeline;
  readonly bytesOf: (interval: TimelineInterval) => number;
}): readonly ImageEvidence[] {
  return input.timeline.intervals.flatMap((interval) => {
    const { pull, fromMs, toMs } = interval;
    if (pull === undefined) return [];
    const facts = pull.end?.pull;
    const proxyBytes = input.bytesOf(interval);
    const ownMs = facts?.durationMs ?? (toMs ?? fromMs) - fromMs;
    return [
      {
        image: pull.image,
        outcome: outcomeOf(pull.end),
        startedAtMs: fromMs,
        finishedAtMs: pull.end === null ? null : toMs,
        durationMs: facts?.durationMs ?? null,
        durationWithQueueMs: facts?.durationWithQueueMs ?? null,
        sizeBytes: facts?.sizeBytes ?? null,
        proxyBytes,
        rateBytesPerSecond: rateOf({ bytes: proxyBytes, durationMs: ownMs }),
        ...(pull.end?.reason === undefined ? {} : { reason: pull.end.reason }),
      },
    ];
  });
}

/** What a reader must know about the pulls that the numbers do not say; undefined when there is nothing. */
export function pullNote(input: {
  readonly stage: Pick<Stage, 'images'>;
  readonly rows: readonly ImageEvidence[];
  /** Whether every image must have been there in the end. */
  readonly jobPassed: boolean;
}): string | undefined {
  const { stage, rows, jobPassed } = input;
  const present = rows.filter((row) => row.outcome === 'present').length;
  const untold = jobPassed ? stage.images.filter((image) => rows.every((row) => row.image !== image)).length : 0;
  const notes = [
    ...(present === 0
      ? []
      : [present === rows.length ? 'already on the node' : `${present} of ${rows.length} already on the node`]),
    ...(untold === 0 || rows.length === 0 ? [] : [`no event told of ${untold} of ${stage.images.length} images`]),
  ];
  return notes.length === 0 ? undefined : notes.join('; ');
}

function outcomeOf(end: Transition | null): ImageEvidence['outcome'] {
  if (end === null) return 'pulling';
  if (end.phase === 'failed') return 'failed';
  return end.pull?.mode ?? 'pulled';
}
