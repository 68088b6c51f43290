// When an event happened: its stamps have whole seconds, but its name was made from the nanosecond of its first time.
import type { KubeEvent } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';
import { type Moment, offSecond } from './moment.ts';

/** A name that disagrees with the stamp by more than this was not made from a clock, or from another one. */
const NAME_TOLERANCE_MS = 2_000;

/** Further times of a repeated event that are believed; a larger count says nothing more of a run. */
const MOST_REPEATS = 9;

/**
 * All times at which the event happened, in order: the first one as exactly as its name tells, the last as its stamp
 * does. Those between were overwritten by the last and are given its time. Empty for an event without any stamp.
 */
export function momentsOf(event: KubeEvent): readonly Moment[] {
  const first = firstMoment(event);
  if (first === null) return [];
  const count = Math.min(event.series?.count ?? event.count ?? 1, MOST_REPEATS);
  const last = timeOf(event.series?.lastObservedTime) ?? timeOf(event.lastTimestamp) ?? first.atMs;
  const repeats = Array.from({ length: Math.max(0, count - 1) }, () => ({
    atMs: Math.max(last, first.atMs),
    sharp: false,
  }));
  return [first, ...repeats];
}

function firstMoment(event: KubeEvent): Moment | null {
  const eventTimeMs = timeOf(event.eventTime);
  if (eventTimeMs !== null) return { atMs: eventTimeMs, sharp: true };
  const secondMs =
    timeOf(event.firstTimestamp) ?? timeOf(event.lastTimestamp) ?? timeOf(event.metadata?.creationTimestamp);
  const namedMs = timeInName(event.metadata?.name ?? '');
  if (secondMs === null) return namedMs === null ? null : { atMs: namedMs, sharp: true };
  if (namedMs === null || offSecond({ atMs: namedMs, secondMs }) > NAME_TOLERANCE_MS) {
    return { atMs: secondMs, sharp: false };
  }
  return { atMs: namedMs, sharp: true };
}

/** `my-pod.18a1b2c3d4e5f607` → milliseconds since the epoch; null for a name of another form. */
function timeInName(name: string): number | null {
  const hex = /\.([0-9a-f]{15,16})$/.exec(name)?.[1];
  return hex === undefined ? null : Number(BigInt(`0x${hex}`) / 1_000_000n);
}
