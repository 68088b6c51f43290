// What the workflow may ask for: one object in, one object out, each call safe to repeat.
import type { Check } from '../cluster/cluster.ts';
import type { KnownClients } from '../evidence/evidence.ts';
import type { ResultDocument } from '../evidence/result-document.ts';
import type { SampleSeries } from '../evidence/sample-series.ts';
import type { Transition } from '../evidence/transition.ts';
import type { Plan, RunReference } from '../plan/plan.ts';

export type { Check } from '../cluster/cluster.ts';

/** A run asked for by names; the worker's configuration resolves them. */
export interface RunRequest {
  readonly target: string;
  readonly profile: string;
  /** Overrides the profile's run deadline; milliseconds, at least 1,000. */
  readonly deadlineMs?: number;
  /** Overrides the public Git remote of the `git-mirror` stage. */
  readonly gitRemote?: string;
}

/** The totals a run's bytes are counted from. */
export interface SamplingBaseline {
  readonly atMs: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Bytes that each connection open at that moment had moved already, by connection id; at most 500, the largest. */
  readonly connections: Readonly<Record<string, number>>;
  /**
   * Set where not all fit: whatever opened at this moment of the proxy's clock or before and is not in `connections`
   * was open then, and counts from where it stands when it is first read.
   */
  readonly othersOpenedUntilMs?: number;
  /** Which life of the proxy these counters belong to, where the proxy tells. */
  readonly instance?: string;
  /** The target's clock minus this machine's, where the two are surely apart; readings are moved by it. */
  readonly clockOffsetMs?: number;
  /** The same where readings are stamped by the target's clock already: they are not moved, and the two are surely apart. */
  readonly targetClockOffsetMs?: number;
}

/** A Job as `inspect` shows it. */
export interface InspectedJob {
  readonly jobName: string;
  readonly runId: string;
  readonly state: string;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  /** Names of the stages whose logs can be read, in order. */
  readonly stages: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A live look at a proxy, a fixed number of seconds long. */
export interface TrafficSample {
  readonly target: string;
  readonly seconds: number;
  readonly windowBytes: number;
  readonly rateBytesPerSecond: number;
  /** The proxy's own total since it started. */
  readonly cumulativeBytes: number;
  readonly attributedBytes: number;
  readonly unattributedBytes: number;
  readonly clients: readonly { readonly name: string; readonly bytes: number }[];
  readonly destinations: readonly { readonly name: string; readonly bytes: number }[];
}

/** A known transfer through a target's proxy, by a short-lived Job. */
export interface TransferRequest {
  readonly target: string;
  readonly runId: string;
  /** Instead of the image of a profile's npm stage; must have sh, and npm, or curl or wget for `url`. */
  readonly image?: string;
  /** Downloaded instead of the usual npm package. */
  readonly url?: string;
}

export interface TransferPlan {
  readonly plan: Plan;
  /** The most that a Job of any profile may write on the node's disk. */
  readonly diskBytes?: number;
}

export interface Activities {
  /** Names → Plan. Fails for good on bad input; stages whose tools or clone the target lacks are left out, with the reason. */
  render(input: { readonly request: RunRequest; readonly runId: string }): Promise<{ readonly plan: Plan }>;
  /**
   * The proxy's totals before anything of the run has moved; fails when the control API does not answer. A run that
   * samples its companions has nothing to read yet.
   */
  openSampling(input: { readonly run: RunReference }): Promise<{ readonly baseline: SamplingBaseline }>;
  /** Samples until cancelled, then returns what it has seen. Resumes from its heartbeat and its journal. */
  sample(input: { readonly run: RunReference; readonly baseline: SamplingBaseline }): Promise<SampleSeries>;
  /** What a sampler that is gone has left in its journal, with one last reading: the same series that it would have returned. */
  handOver(input: { readonly run: RunReference; readonly baseline: SamplingBaseline }): Promise<SampleSeries>;
  /** Makes the Job exist; `attempt` counts from 1 and grows only when an image pull is tried again. */
  apply(input: { readonly plan: Plan; readonly attempt: number }): Promise<{ readonly created: boolean }>;
  /** Waits for whatever comes after the cursor. */
  poll(input: { readonly run: RunReference; readonly cursor: string | null }): Promise<PollResult>;
  /** Ends every process or Pod of the run and waits until they are gone. */
  stop(input: { readonly run: RunReference }): Promise<void>;
  /** The last useful log lines of a stage. */
  collect(input: {
    readonly run: RunReference;
    readonly stage: string;
  }): Promise<{ readonly logLines: readonly string[] }>;
  /** Writes the result onto the Job, within the annotation's bounds. */
  annotate(input: { readonly result: ResultDocument }): Promise<{ readonly bytes: number }>;
  /** Removes what the finished run no longer needs; with `jobApplied` false its readings alone: a Job is not its own. */
  cleanUp(input: {
    readonly run: RunReference;
    readonly jobApplied?: boolean;
  }): Promise<{ readonly leftOver: readonly string[] }>;
  /** What `status`, `logs` and `doctor` show of a target. */
  inspect(input: InspectRequest): Promise<InspectResult>;
  /** The Plan of a known transfer, for `doctor --transfer`. Fails for good on bad input. */
  planTransfer(input: TransferRequest): Promise<TransferPlan>;
  /** A live look at a proxy, `seconds` long (1 to 300). */
  sampleTraffic(input: { readonly target: string; readonly seconds: number }): Promise<TrafficSample>;
}

/** News of a Job. */
export interface PollResult {
  readonly transitions: readonly Transition[];
  readonly cursor: string;
  readonly job: 'running' | 'succeeded' | 'failed' | 'stopped' | 'lost';
  /** The run's own clients as far as they are known by now; absent where the target has no addresses to tell. */
  readonly clients?: KnownClients;
}

export interface InspectRequest {
  readonly target: string;
  /** The newest Job when left out. */
  readonly jobName?: string;
  /** Adds the logs of these stages; all of them for an empty list. */
  readonly logs?: { readonly stages: readonly string[]; readonly maxBytesPerStage: number };
  /** Adds the checks of `doctor`. */
  readonly checks?: boolean;
}

export interface InspectResult {
  readonly target: string;
  readonly node: string;
  readonly job: InspectedJob | null;
  readonly logs: readonly { readonly stage: string; readonly text: string; readonly truncated: boolean }[];
  readonly checks: readonly Check[];
}
