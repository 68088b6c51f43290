// What a run has seen: transitions by the target's clock, samples by the proxy's counters, and what follows from both.
import { STAGE_FAILURE_FAMILIES } from '../plan/plan.ts';
import type { OmittedStage, Plan } from '../plan/plan.ts';

/** Something that happened to a stage or to the whole Job, by the target's own clock. */
export interface Transition {
  /** The stage's name, or null for the Job as a whole. */
  readonly stage: string | null;
  readonly phase: 'started' | 'finished' | 'failed';
  /** Milliseconds since the epoch, the target's clock. */
  readonly atMs: number;
  /** The image, for one pull of an `image-pull` stage. */
  readonly image?: string;
  readonly exitCode?: number;
  /** Why, in the target's words: `OOMKilled`, `exit code 1`, `supervisor vanished`. */
  readonly reason?: string;
}

/** A stretch of time in which a stage ran. An image-pull stage has one for each pull. `toMs` is open while it runs. */
export interface StageInterval {
  readonly stage: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** A connection as the proxy's control API told of it, over the whole run. Bytes count from the run's baseline. */
export interface ObservedConnection {
  /** Source address without the port. */
  readonly client: string;
  /** Host name where known, else the address; with the port. */
  readonly destination: string;
  /** When it opened, the proxy's clock. */
  readonly startMs: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

/** One reading of the proxy's totals, counted from the baseline and across restarts of the proxy. */
export interface TotalsPoint {
  readonly atMs: number;
  readonly totalBytes: number;
  /** The part of `totalBytes` that no connection seen so far explains. */
  readonly unexplainedBytes: number;
}

/** A stretch without readings, longer than the pace explains. `bytes` moved in it, known from the totals alone. */
export interface SamplingGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly reason: string;
  readonly cause?: 'proxy-silent' | 'proxy-restarted' | 'no-sampler' | 'journal';
  /** Set when more may have moved than `bytes`: the proxy began anew in it, or no reading came after it. */
  readonly mayHaveMore?: boolean;
}

/** What the sampler hands over: bounded in size, enough to cut by stages afterwards. */
export interface SampleSeries {
  readonly intervalMs: number;
  /** Ordered by time; the first is the baseline, with zero bytes. */
  readonly points: readonly TotalsPoint[];
  readonly connections: readonly ObservedConnection[];
  readonly gaps: readonly SamplingGap[];
  /** When the proxy's counters began anew. */
  readonly restartsAtMs: readonly number[];
  readonly readings: { readonly stream: number; readonly polling: number };
  /** Upload and download of the whole run, the proxy's own totals since the baseline. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

/** A client or destination and its share. */
export interface Talker {
  readonly name: string;
  readonly bytes: number;
}

/** What the proxy saw of one stage. */
export interface StageEvidence {
  readonly stage: string;
  readonly state: 'passed' | 'failed' | 'running' | 'not-started';
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Summed over the stage's intervals. */
  readonly durationMs: number;
  /** Both directions; `attributedBytes + unattributedBytes`. */
  readonly windowBytes: number;
  /** Bytes of connections that opened within the stage. */
  readonly attributedBytes: number;
  /** Bytes in the totals within the stage that no connection explains. */
  readonly unattributedBytes: number;
  /**
   * Unexplained bytes between two readings that lie only partly in the stage: the most that it may have moved beyond
   * `windowBytes`. Counted for every stage they touch, so never to be added up.
   */
  readonly contestedBytes: number;
  readonly rateBytesPerSecond: number;
  /** The run's total at the stage's end. */
  readonly cumulativeBytes: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  /** Whether a sampling gap overlaps the stage. */
  readonly gap: boolean;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly note?: string;
}

/** All that a verdict is made from. */
export interface Evidence {
  readonly version: 1;
  readonly stages: readonly StageEvidence[];
  /** The proxy's own total between baseline and last reading, both directions. */
  readonly totalBytes: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Bytes that connections opened within stages explain. */
  readonly attributedBytes: number;
  /** Bytes of connections opened outside every stage. */
  readonly outsideBytes: number;
  /** `totalBytes - attributedBytes - outsideBytes`. */
  readonly unattributedBytes: number;
  /** `attributedBytes / totalBytes`; 1 when nothing moved. */
  readonly attributedShare: number;
  /** Share of the run's time that lies outside gaps, 0 to 1. */
  readonly coverage: number;
  readonly gaps: readonly SamplingGap[];
  readonly largestGapMs: number;
  readonly proxyRestarts: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  readonly omittedStages: readonly OmittedStage[];
}

/** What a failed run failed of. `none` for a passed one. */
export const FAILURE_FAMILIES = [
  'none',
  ...STAGE_FAILURE_FAMILIES,
  'deadline',
  'cancelled',
  'insufficient-traffic',
  'proxy-bypassed',
  'evidence-incomplete',
] as const;

export type FailureFamily = (typeof FAILURE_FAMILIES)[number];

/** How a run ended. One to one with the exit codes of the command line. */
export const RUN_OUTCOMES = [
  'passed',
  'failed',
  'deadline',
  'cancelled',
  'evidence-incomplete',
  'unreachable',
] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Where a run is. An outcome once it has ended. */
export type RunState = 'starting' | 'running' | 'ending' | RunOutcome;

/** The one judgement of a run. */
export interface Verdict {
  readonly outcome: RunOutcome;
  readonly failureFamily: FailureFamily;
  /** One sentence. */
  readonly reason: string;
  /** The stage that decided it, where one did. */
  readonly stage: string | null;
  /** The last useful lines of that stage's log; empty where they say nothing. */
  readonly logLines: readonly string[];
}

/** How a run's own course ended, before evidence is looked at. */
export type Ending =
  | { readonly by: 'job'; readonly succeeded: boolean }
  | {
      readonly by: 'deadline';
      readonly scope: 'run' | 'stage';
      readonly stage: string | null;
      readonly deadlineMs: number;
    }
  | { readonly by: 'cancel'; readonly reason: string; readonly stage: string | null }
  | { readonly by: 'unreachable'; readonly what: string }
  | { readonly by: 'infrastructure'; readonly what: string };

/** Everything about a finished run, complete enough to explain it and to do it again. */
export interface ResultDocument {
  readonly version: 1;
  readonly plan: Plan;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly ending: Ending;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly pullAttempts: number;
  /** What could not be done while the run was being ended: one sentence each. */
  readonly endingProblems: readonly string[];
}

/** What a judge is given. */
export interface JudgeInput {
  readonly plan: Plan;
  readonly evidence: Evidence;
  readonly ending: Ending;
  readonly logLines: readonly string[];
}

/** Evidence → verdict; pure. */
export type Judge = (input: JudgeInput) => Verdict;
