// The one door to a target: three implementations (host, kubeconfig, trans) and one contract test behind it.
import type { CompanionReading } from '../evidence/companion-model.ts';
import type { KnownClients } from '../evidence/evidence.ts';
import type { Transition } from '../evidence/transition.ts';
import type { Plan, PlannedProxy, PlannedTarget, RunReference } from '../plan/plan.ts';

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
  /** The run's own clients as far as they are known by now; absent where the target has no addresses to tell. */
  readonly clients?: KnownClients;
}

/** A bounded piece of a stage's log, its end. */
export interface LogTail {
  readonly text: string;
  /** Whether earlier text was left out. */
  readonly truncated: boolean;
}

/** A way to the proxy's control API, kept open until closed: an address, a port-forward. */
export interface ControlPath {
  /** Base URL, fit for the machine this program runs on; with a recording the one that the target's side uses. */
  readonly url: string;
  /** Set where readings are taken on the target's side and handed over: they are then read from here, not from `url`. */
  readonly recording?: ControlRecording;
  close(): Promise<void>;
}

/** The control API's answers as a recorder on the target's side has kept them, whatever became of the way there. */
export interface ControlRecording {
  /**
   * What was recorded after `sequence`, in order and without end until the recorder is done: each answer once in this
   * call. Outages are told as they were seen from the recorder. Goes on by itself after a broken connection.
   * @throws what `signal` aborts with; UnreachableError when the recorder or its spool is gone for good
   */
  answers(input: { readonly afterSequence: number; readonly signal: AbortSignal }): AsyncIterable<RecordedAnswer>;
  /** Everything up to `sequence` is safe on this side; the recorder may forget it. */
  acknowledge(input: { readonly sequence: number }): Promise<void>;
  /** The target's clock minus this machine's, milliseconds; 0 where they may be equal. @throws UnreachableError */
  clockOffsetMs?(input: { readonly signal: AbortSignal }): Promise<number>;
  /** Asks for one last reading, after which the recorder ends and `answers` comes to an end. May be called again. */
  finish(): Promise<void>;
}

/** One answer of the control API, or the reason why there was none. */
export interface RecordedAnswer {
  /** Counts from 1 over the recorder's life, without holes. */
  readonly sequence: number;
  /** When it was read, the target's clock. */
  readonly atMs: number;
  /** The document as the control API gave it; null for an outage. */
  readonly body: string | null;
  /** Why there is no body. */
  readonly outage?: string;
}

/** One check of `doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to mend it; empty when `ok`. */
  readonly hint: string;
  /** Set on a failed check without which runs go on and know less. */
  readonly advisory?: true;
}

/** A way to run Jobs on one target. Every call may be repeated without harm, and ends early when `signal` aborts. */
export interface Cluster {
  /** Which of `tools` the target's own stages could run; a cluster brings its tools in images and answers all. */
  availableTools(input: { readonly tools: readonly string[] }): Promise<ReadonlySet<string>>;

  /** Why the target cannot serve its own clone of this program's repository, or null when it can. */
  whyNoClone(): Promise<string | null>;

  /**
   * Makes the Job exist, and all that it needs. A second call with the same plan and attempt finds it and starts nothing; a higher attempt
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

  /**
   * Ends every process or Pod of the Job and waits until they are gone. The Job, its annotations, its transitions and
   * the end of its last log stay readable.
   */
  stop(input: { readonly namespace: string; readonly jobName: string; readonly graceMs: number }): Promise<void>;

  /**
   * Removes what a finished Job no longer needs, and lets the rest expire after `keepFinishedMs`. With `jobApplied` false
   * (default true) no Job is touched, whoever's it is: only the readings of `openControl` are removed.
   */
  cleanUp(input: {
    readonly plan: RunReference;
    readonly jobApplied?: boolean;
  }): Promise<{ readonly leftOver: readonly string[] }>;

  /**
   * Opens the way to the proxy's control API, at `proxy.controlUrl` as the proxy's own side sees it. It mends itself: a
   * proxy that comes back elsewhere is found again. With `run`, readings for the whole run are wanted, and a target
   * that is reached over a thin line records them on its own side. `secret` goes nowhere but to the control API.
   * @throws UnreachableError, InvalidInputError
   */
  openControl(input: {
    readonly proxy: PlannedProxy;
    readonly secret?: string;
    readonly run?: RunReference;
    readonly signal: AbortSignal;
  }): Promise<ControlPath>;

  /**
   * One reading of each companion of the run that is there, after those that the target itself wrote down, each as often
   * as is asked; none before the run has a companion. Once they have ended, the last that can be said of them, at the
   * moment of their end. What cannot be read of one is left out of its reading, with a note.
   * @throws UnreachableError, InvalidInputError where companions cannot be run at all
   */
  readCompanions(input: {
    readonly plan: RunReference;
    readonly signal: AbortSignal;
  }): Promise<readonly CompanionReading[]>;

  /** What `doctor` finds out about the target itself: the way there, rights, objects, clocks, disk. Changes nothing. */
  diagnose(input: {
    readonly target: PlannedTarget;
    readonly proxy: PlannedProxy;
    /** The most that a Job of any profile may write on the node's disk. */
    readonly diskBytes?: number;
    readonly signal: AbortSignal;
  }): Promise<readonly Check[]>;
}
