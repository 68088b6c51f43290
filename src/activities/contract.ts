// What the workflow may ask for: one object in, one object out, each call safe to repeat.
import type { ResultDocument, SampleSeries, Transition } from '../evidence/evidence.ts';
import type { Plan, RunReference } from '../plan/plan.ts';

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
  /** Bytes that each connection open at that moment had moved already, by connection id. */
  readonly connections: Readonly<Record<string, number>>;
  /** Which life of the proxy these counters belong to, where the proxy tells. */
  readonly instance?: string;
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

/** One check of `doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to mend it; empty when `ok`. */
  readonly hint: string;
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

export interface Activities {
  /** Names → Plan. Fails for good on bad input; stages whose tools or clone the target lacks are left out, with the reason. */
  render(input: { readonly request: RunRequest; readonly runId: string }): Promise<{ readonly plan: Plan }>;
  /** The proxy's totals before anything of the run has moved; fails when the control API does not answer. */
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
  /** Removes what the finished run no longer needs. */
  cleanUp(input: { readonly run: RunReference }): Promise<{ readonly leftOver: readonly string[] }>;
  /** What `status`, `logs` and `doctor` show of a target. */
  inspect(input: InspectRequest): Promise<InspectResult>;
  /** A live look at a proxy, `seconds` long (1 to 300). */
  sampleTraffic(input: { readonly target: string; readonly seconds: number }): Promise<TrafficSample>;
}

/** News of a Job. */
export interface PollResult {
  readonly transitions: readonly Transition[];
  readonly cursor: string;
  readonly job: 'running' | 'succeeded' | 'failed' | 'stopped' | 'lost';
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
