// The one door to a target: three implementations (host, kubeconfig, trans) and one contract test behind it.
import type { Transition } from '../evidence/evidence.ts';
import type { Plan, RunReference } from '../plan/plan.ts';

/** A Job as the target tells of it. */
export interface JobSnapshot {
  readonly jobName: string;
  readonly runId: string;
  /** Names of the stages whose logs can be read, in order. */
  readonly stages: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `lost`: the Job is not finished and nothing is left that could finish it. */
  readonly state: 'running' | 'succeeded' | 'failed' | 'stopped' | 'lost';
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** New transitions, the place to ask from next, and how the Job stands. */
export interface TransitionPage {
  readonly transitions: readonly Transition[];
  /** Opaque to callers and stable over time: asking again from it never repeats and never skips a transition. */
  readonly cursor: string;
  readonly job: JobSnapshot['state'];
}

/** A bounded piece of a stage's log, its end. */
export interface LogTail {
  readonly text: string;
  /** Whether earlier text was left out. */
  readonly truncated: boolean;
}

/** A way to the proxy's control API, kept open until closed: an address, a port-forward. */
export interface ControlPath {
  /** Base URL, fit for the machine this program runs on. */
  readonly url: string;
  close(): Promise<void>;
}

/** A way to run Jobs on one target. Every call may be repeated without harm, and ends early when `signal` aborts. */
export interface Cluster {
  /** Which of `tools` the target's own stages could run; a cluster brings its tools in images and answers all. */
  availableTools(input: { readonly tools: readonly string[] }): Promise<ReadonlySet<string>>;

  /** Why the target cannot serve its own clone of this program's repository, or null when it can. */
  whyNoClone(): Promise<string | null>;

  /**
   * Makes the Job exist. A second call with the same plan and attempt finds it and starts nothing; a higher attempt
   * replaces the stopped Job of the one before (only image pulls get one: see `PullRetryPlan`).
   * `owner` is whoever asks, the same over all tries of one run: a Job that was made for another owner is an earlier
   * run's, and its transitions would pass for this one's.
   * @throws UnreachableError, InvalidInputError when a different Job, or another owner's, holds the name
   */
  apply(input: {
    readonly plan: Plan;
    readonly attempt?: number;
    readonly owner?: string;
    readonly signal: AbortSignal;
  }): Promise<{ readonly created: boolean }>;

  /** Waits until something has happened after `cursor` (null: from the beginning) or the Job has ended, then tells it. */
  nextTransitions(input: {
    readonly plan: RunReference;
    readonly cursor: string | null;
    readonly signal: AbortSignal;
  }): Promise<TransitionPage>;

  /** The end of a stage's log; empty when the stage never wrote any. `maxBytes` at the most. */
  readLog(input: {
    readonly namespace: string;
    readonly jobName: string;
    readonly stage: string;
    readonly maxBytes: number;
  }): Promise<LogTail>;

  /** Merges annotations into the Job's. */
  annotate(input: {
    readonly namespace: string;
    readonly jobName: string;
    readonly annotations: Readonly<Record<string, string>>;
  }): Promise<void>;

  /** The Job, or null when it is gone or never was. */
  readJob(input: { readonly namespace: string; readonly jobName: string }): Promise<JobSnapshot | null>;

  /** This program's Jobs on the target, newest first. */
  listJobs(input: { readonly namespace: string }): Promise<readonly JobSnapshot[]>;

  /** Ends every process or Pod of the Job and waits until they are gone. The Job and its annotations stay readable. */
  stop(input: { readonly namespace: string; readonly jobName: string; readonly graceMs: number }): Promise<void>;

  /** Removes what a finished Job no longer needs, and lets the rest expire after `keepFinishedMs`. */
  cleanUp(input: { readonly plan: RunReference }): Promise<{ readonly leftOver: readonly string[] }>;

  /** Opens the way to the proxy's control API at `controlUrl`, as the target's side sees it. */
  openControl(input: { readonly controlUrl: string; readonly signal: AbortSignal }): Promise<ControlPath>;
}
