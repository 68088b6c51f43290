// The stages' courses in order, none overlapping the one before: pulls, starts and ends with one time each.
import type { Pull } from './container-pulls.ts';
import { pullsOf } from './container-pulls.ts';
import { type ContainerRun, containerRun } from './container-run.ts';
import type { KubeContainer, KubeEvent, KubePod } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';
import { type Moment, latestOf } from './moment.ts';

/** One stage with its times settled. Milliseconds since the epoch, the kubelet's clock. */
export interface StageCourse {
  readonly container: KubeContainer;
  readonly pulls: readonly SettledPull[];
  readonly run: ContainerRun;
  readonly startMs: number | null;
  /** Whether `startMs` is known better than to the second. */
  readonly startSharp: boolean;
  readonly endMs: number | null;
  /** Since when the container could have been started, as far as that is known. */
  readonly waitsSinceMs: number;
}

export interface SettledPull extends Omit<Pull, 'begin' | 'end'> {
  readonly beginMs: number;
  readonly endMs: number | null;
  /** Set where no event told of its begin or of its end. */
  readonly guessed?: true;
}

/**
 * An event this late after the start that it belongs before will not come any more: what it would have told is then
 * taken from the container's own times. Milliseconds.
 */
const EVENT_LATENESS_MS = 5_000;

/** All stages' courses. `nowMs` decides only which events are no longer waited for; `over`: none is. */
export function stageCourses(input: {
  readonly containers: readonly KubeContainer[];
  readonly pod: KubePod;
  readonly events: readonly KubeEvent[];
  readonly nowMs: number;
  readonly over: boolean;
}): readonly StageCourse[] {
  const { pod, events, nowMs, over } = input;
  const raw = input.containers.map((container) => ({
    container,
    pulls: pullsOf({ events, container: container.name }),
    run: containerRun({ pod, container: container.name, events }),
  }));
  const courses: StageCourse[] = [];
  let floorMs = timeOf(pod.status?.startTime) ?? timeOf(pod.metadata?.creationTimestamp) ?? 0;
  for (const [index, { container, pulls, run }] of raw.entries()) {
    const toldPulls = settlePulls({ pulls, floorMs });
    const hasImageMs = Math.max(floorMs, ...toldPulls.map(({ beginMs, endMs }) => endMs ?? beginMs));
    const startMs = run.start === null ? null : settle({ moment: run.start, floorMs: hasImageMs });
    const settled = withGuesses({
      pulls: toldPulls,
      container,
      floorMs,
      startMs,
      late: over || run.end !== null || (startMs !== null && nowMs - startMs > EVENT_LATENESS_MS),
    });
    const endMs = run.end === null ? null : settleEnd({ end: run.end, startMs, beginsAfter: raw.slice(index + 1) });
    courses.push({
      container,
      pulls: settled,
      run,
      startMs,
      startSharp: run.start?.sharp ?? false,
      endMs,
      waitsSinceMs: Math.max(floorMs, firstEnd(settled) ?? 0),
    });
    floorMs = endMs ?? Math.max(hasImageMs, startMs ?? 0);
  }
  return courses;
}

/** When the container had its image for the first time: a kubelet that cannot start it pulls again before each try. */
function firstEnd(pulls: readonly SettledPull[]): number | null {
  return pulls.find(({ endMs }) => endMs !== null)?.endMs ?? null;
}

/** A moment known to the second only was not before what it came after. */
function settle(input: { readonly moment: Moment; readonly floorMs: number }): number {
  const { moment, floorMs } = input;
  return moment.sharp ? moment.atMs : Math.min(Math.max(moment.atMs, floorMs), latestOf(moment));
}

function settlePulls(input: { readonly pulls: readonly Pull[]; readonly floorMs: number }): readonly SettledPull[] {
  let { floorMs } = input;
  return input.pulls.map(({ begin, end, ...rest }) => {
    const beginMs = begin === null ? floorMs : settle({ moment: begin, floorMs });
    const endMs = end === null ? null : Math.max(beginMs, settle({ moment: end, floorMs: beginMs }));
    floorMs = endMs ?? beginMs;
    return { ...rest, beginMs, endMs };
  });
}

/**
 * Fills in what no event told, once none will: a container that runs has its image, so its last pull ended before its
 * start; and where images are always asked for, one did begin although nothing says when.
 */
function withGuesses(input: {
  readonly pulls: readonly SettledPull[];
  readonly container: KubeContainer;
  readonly floorMs: number;
  readonly startMs: number | null;
  readonly late: boolean;
}): readonly SettledPull[] {
  const { pulls, container, floorMs, startMs } = input;
  if (startMs === null || !input.late) return pulls;
  const facts = { mode: 'pulled', durationMs: null, durationWithQueueMs: null, sizeBytes: null } as const;
  const last = pulls.at(-1);
  if (last === undefined) {
    return container.imagePullPolicy === 'Always'
      ? [{ beginMs: Math.min(floorMs, startMs), endMs: startMs, facts, guessed: true }]
      : [];
  }
  return last.endMs === null
    ? [...pulls.slice(0, -1), { ...last, endMs: Math.max(last.beginMs, startMs), facts, guessed: true }]
    : pulls;
}

/**
 * An end known to the second only may have been as late as its last millisecond, but not later than what is known to
 * have begun after it.
 */
function settleEnd(input: {
  readonly end: Moment;
  readonly startMs: number | null;
  readonly beginsAfter: readonly { readonly pulls: readonly Pull[]; readonly run: ContainerRun }[];
}): number {
  const { end, startMs } = input;
  const begins = input.beginsAfter
    .flatMap(({ pulls, run }) => [...pulls.map(({ begin }) => begin), run.start])
    .filter((moment) => moment !== null && moment.sharp && moment.atMs >= end.atMs)
    .map((moment) => moment?.atMs ?? Infinity);
  return Math.max(startMs ?? 0, Math.min(latestOf(end), ...begins));
}
