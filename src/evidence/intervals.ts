// Transitions → when each stage ran and how it ended; holds up when observations are missing, repeated or out of order.
import type { Stage } from '../plan/plan.ts';
import type { StageEvidence, StageInterval } from './evidence.ts';
import type { Transition } from './transition.ts';
import { STAMP_STEP_MS, intervalStart, startWithinSecond } from './interval-start.ts';

/** An interval of a stage; of an image-pull stage it is one pull. */
export interface TimelineInterval extends StageInterval {
  /** `end` is null for a pull whose end nobody has told of. */
  readonly pull?: { readonly image: string; readonly end: Transition | null };
}

/** One stage's course over the run. */
export interface StageTimeline {
  readonly stage: string;
  readonly state: StageEvidence['state'];
  /** In the order of their starts; an image-pull stage has one for each pull. */
  readonly intervals: readonly TimelineInterval[];
  readonly startedAtMs: number | null;
  /** End of the last interval; null while one is open and no end of the run was given. */
  readonly finishedAtMs: number | null;
  readonly exitCode?: number;
  readonly reason?: string;
  /** What it said of itself at its end. */
  readonly report?: string;
}

/**
 * Cuts a run's time by its stages. A `finished` or `failed` whose `started` was never observed counts from the latest
 * end of anything before it, else from the Job's start. A start told with the end corrects the one told before it, see
 * `intervalStart`. A repeated transition changes nothing. Another `started`, a second or more after one whose end nobody
 * told, ends that one's interval: its Pod was replaced, and both are the run's. A stage still open at
 * `endedAtMs` is closed there and stays `running`; without `endedAtMs` (the run goes on) its interval stays open.
 * An image-pull stage is `passed` once every image of the plan was pulled or the Job as a whole finished well.
 */
export function stageTimelines(input: {
  readonly stages: readonly Pick<Stage, 'name' | 'kind' | 'images'>[];
  readonly transitions: readonly Transition[];
  /** Milliseconds since the epoch, the target's clock. */
  readonly endedAtMs?: number;
}): readonly StageTimeline[] {
  const ordered = input.transitions.toSorted((a, b) => a.atMs - b.atMs);
  const jobPassed = ordered.some((t) => t.stage === null && t.phase === 'finished');
  return input.stages.map((stage) => timelineOf({ stage, ordered, jobPassed, endedAtMs: input.endedAtMs }));
}

interface Course {
  openSinceMs: number | null;
  last: Transition | null;
}

function timelineOf(input: {
  readonly stage: Pick<Stage, 'name' | 'kind' | 'images'>;
  readonly ordered: readonly Transition[];
  readonly jobPassed: boolean;
  readonly endedAtMs: number | undefined;
}): StageTimeline {
  const { stage, ordered, endedAtMs } = input;
  const intervals: TimelineInterval[] = [];
  const courses = new Map<string, Course>();
  let lastEnd: Transition | undefined;
  for (const [index, transition] of ordered.entries()) {
    if (transition.stage !== stage.name) continue;
    const key = transition.image ?? '';
    const course = courses.get(key) ?? { openSinceMs: null, last: null };
    courses.set(key, course);
    if (transition.phase === 'started') {
      const startMs = startWithinSecond({ ordered, started: transition });
      if (course.openSinceMs === null) {
        course.openSinceMs = startMs;
      } else if (startMs - course.openSinceMs >= STAMP_STEP_MS) {
        const pull = pullPart({ stage, image: transition.image, end: null });
        intervals.push({ stage: stage.name, fromMs: course.openSinceMs, toMs: startMs, ...pull });
        course.openSinceMs = startMs;
      }
      course.last = transition;
      continue;
    }
    if (course.openSinceMs === null && isRepeated(course.last, transition)) continue;
    const fromMs = intervalStart({ ordered, index, seenMs: course.openSinceMs });
    intervals.push({
      stage: stage.name,
      fromMs,
      toMs: Math.max(fromMs, transition.atMs),
      ...pullPart({ stage, image: transition.image, end: transition }),
    });
    course.openSinceMs = null;
    course.last = transition;
    lastEnd = transition;
  }
  for (const { openSinceMs, last } of courses.values()) {
    if (openSinceMs === null) continue;
    const toMs = endedAtMs === undefined ? null : Math.max(openSinceMs, endedAtMs);
    const pull = pullPart({ stage, image: last?.image, end: null });
    intervals.push({ stage: stage.name, fromMs: openSinceMs, toMs, ...pull });
  }
  intervals.sort((a, b) => a.fromMs - b.fromMs);
  const state = stateOf({ stage, courses, jobPassed: input.jobPassed });
  const reason = state === 'failed' ? failureOf(courses)?.reason : pullsMissing({ stage, courses, state });
  const { exitCode, report } = (state === 'failed' ? failureOf(courses) : lastEnd) ?? {};
  return {
    stage: stage.name,
    state,
    intervals,
    startedAtMs: intervals[0]?.fromMs ?? null,
    finishedAtMs: latestEnd(intervals),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    ...(report === undefined ? {} : { report }),
  };
}

function isRepeated(last: Transition | null, next: Transition): boolean {
  return last !== null && last.phase === next.phase && last.atMs === next.atMs && last.startedAtMs === next.startedAtMs;
}

function pullPart(input: {
  readonly stage: Pick<Stage, 'kind'>;
  readonly image: string | undefined;
  readonly end: Transition | null;
}): Pick<TimelineInterval, 'pull'> {
  const { stage, image, end } = input;
  return stage.kind === 'image-pull' && image !== undefined ? { pull: { image, end } } : {};
}

function latestEnd(intervals: readonly StageInterval[]): number | null {
  let latestMs: number | null = null;
  for (const { toMs } of intervals) {
    if (toMs === null) return null;
    latestMs = Math.max(latestMs ?? toMs, toMs);
  }
  return latestMs;
}

function failureOf(courses: ReadonlyMap<string, Course>): Transition | undefined {
  return [...courses.values()].find((course) => course.last?.phase === 'failed')?.last ?? undefined;
}

function stateOf(input: {
  readonly stage: Pick<Stage, 'kind' | 'images'>;
  readonly courses: ReadonlyMap<string, Course>;
  readonly jobPassed: boolean;
}): StageEvidence['state'] {
  const { stage, courses } = input;
  if (courses.size === 0) return 'not-started';
  if (failureOf(courses) !== undefined) return 'failed';
  if ([...courses.values()].some((course) => course.openSinceMs !== null)) return 'running';
  if (stage.kind === 'container' || input.jobPassed) return 'passed';
  return courses.size >= stage.images.length ? 'passed' : 'running';
}

/** Tells an image-pull stage that only waits for its next pull from one that is pulling. */
function pullsMissing(input: {
  readonly stage: Pick<Stage, 'kind' | 'images'>;
  readonly courses: ReadonlyMap<string, Course>;
  readonly state: StageEvidence['state'];
}): string | undefined {
  if (input.stage.kind !== 'image-pull' || input.state !== 'running') return undefined;
  const done = [...input.courses.values()].filter((course) => course.openSinceMs === null).length;
  return `${done} of ${input.stage.images.length} images pulled`;
}
