// The one value that flows through a run: everything that will be done, as plain serialisable data without secrets.

/** What a failed stage counts as in a verdict. Beyond stages' own families see `FailureFamily`. */
export const STAGE_FAILURE_FAMILIES = [
  'image-pull',
  'apk-download',
  'npm-download',
  'go-download',
  'git-mirror',
  'infrastructure',
] as const;

export type StageFailureFamily = (typeof STAGE_FAILURE_FAMILIES)[number];

/** Where a secret is read from, by the worker, at the moment it is needed. The secret itself is never in a Plan. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** One environment variable of a stage. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** How the target is reached; names only, never credentials. */
export type TargetReach =
  | { readonly reach: 'host' }
  | { readonly reach: 'kubeconfig'; readonly context: string }
  | { readonly reach: 'trans'; readonly route: string };

/** The target a run is for. */
export interface PlannedTarget {
  /** The target's name in the configuration: `D601`. */
  readonly name: string;
  /** The node that the Job is pinned to; for a host target the name the run is filed under. */
  readonly node: string;
  readonly namespace: string;
  readonly connection: TargetReach;
  /** Addresses under which the proxy sees the node, beyond those that the cluster itself tells of. */
  readonly nodeAddresses?: readonly string[];
}

/** The proxy under test. */
export interface PlannedProxy {
  /** The service's name in the configuration: `sub2api-egress-proxy`. */
  readonly service: string;
  /** Namespace of the Kubernetes Service that stands before it; absent for a proxy that is no Service. */
  readonly namespace?: string;
  /** What stages are told to use: `http://sub2api-egress-proxy.platform-infra.svc:7890`. */
  readonly url: string;
  /** Comma-separated hosts that stages reach directly. */
  readonly noProxy: string;
  /** Base URL of the control API as the target's side sees it: `http://127.0.0.1:9090`. */
  readonly controlUrl: string;
  readonly controlSecret?: SecretReference;
}

/** The load that a stage is asked to make, beside its command, for what its report is held against. */
export interface PlannedLoad {
  readonly requests: number;
  /** Most of them under way at one time. */
  readonly connections: number;
  readonly url: string;
}

/** One step of the benchmark, proven by its own transitions and its own bytes at the proxy. */
export interface Stage {
  readonly name: string;
  /**
   * `image-pull`: done by the target's container runtime, once for each image.
   * `container`: a container of the Job (an init container, or the last one), a child process on a host target.
   */
  readonly kind: 'image-pull' | 'container';
  readonly failureFamily: StageFailureFamily;
  /** From the stage's start, by the workflow's timer. */
  readonly deadlineMs: number;
  /** Whether the stage is bypassing the proxy when the proxy saw nothing of it. */
  readonly needsProxyTraffic: boolean;
  /** Images that the stage pulls (`image-pull`) or runs (`container`, exactly one; none on a host target). */
  readonly images: readonly string[];
  /** argv of the stage; empty for `image-pull`. */
  readonly command: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  /** Files laid into the stage's empty working directory before it starts, by relative path. */
  readonly files: Readonly<Record<string, string>>;
  /** Programs that must be on a host target's PATH; the stage is left out, with the reason, when one is not. */
  readonly tools: readonly string[];
  /** The Git remote, for a stage that has one. `this-clone` on a host target: see `serveThisClone`. */
  readonly remote?: string;
  /** Serve this clone's own repository over smart HTTP on loopback and give the stage its URL as GIT_REMOTE. */
  readonly serveThisClone: boolean;
  /** What a reader of the result must know about this stage: `source: this clone over loopback`. */
  readonly note?: string;
  /** Of a stage that makes a load. */
  readonly load?: PlannedLoad;
}

/** The file in a stage's working directory in which it may say of itself what its reader must know, see `report`. */
export const REPORT_FILE = 'proxybench-report.json';

/**
 * The most that a stage may say of itself; a longer report is none. A Pod's containers, companions among them, share
 * 12 KiB in equal parts, so that on a cluster it can be less: of n containers each has 12,288 / n, some 100 of them for its times.
 */
export const MAX_REPORT_BYTES = 3 * 1024;

/** What a companion may use. On a cluster it is requested too. */
export interface CompanionLimits {
  /** Whole MiB of 1,048,576 bytes. */
  readonly memoryMiB: number;
  /** Thousandths of one CPU. */
  readonly cpuMillicores: number;
}

/** A page that a companion answers with, plain HTTP on the loopback of whatever it runs in. */
export interface CompanionPage {
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
}

/** A program that runs beside the stages, from before the first to after the last: a program under test, what it talks to. */
export interface Companion {
  /** Lower-case letters, digits and inner dashes; no stage has the same. */
  readonly name: string;
  /** Null on a host target. */
  readonly image: string | null;
  /** argv; on a host target found on a PATH that has the project's own programs. */
  readonly command: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  /** Files laid into its empty working directory before it starts, by relative path. */
  readonly files: Readonly<Record<string, string>>;
  /** Left out for a program that may use all there is. */
  readonly limits?: CompanionLimits;
  /** Answers with 2xx once the stages may begin. */
  readonly ready: CompanionPage;
  /** Set on a program under test: its counters, in Prometheus' text format. */
  readonly metrics?: CompanionPage;
}

/** A stage that the profile declares and this run leaves out. */
export interface OmittedStage {
  readonly name: string;
  readonly reason: string;
}

/** A Kubernetes object, complete but for what the API server fills in. */
export interface PlannedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** What the sampler does. */
export interface SamplingPlan {
  /** Pace of the readings; between two of them nothing is known. */
  readonly intervalMs: number;
  /** `control`, the default: the Clash API of the proxy. `companions`: the counters and the usage of the run's own companions. */
  readonly source?: 'control' | 'companions';
}

/** What evidence must show for a run to pass. */
export interface Thresholds {
  /** Least bytes, both directions together, seen at the proxy within the run's stages; 0 where that is not what is measured. */
  readonly payloadBytes: number;
  /** Most requests of one load that may fail, for a kind that measures loads. */
  readonly failedRequests?: number;
  /** Most restarts of a program under test that the run itself may cause. */
  readonly restarts?: number;
}

/** How often the image-pull path may be tried; nothing else is ever tried again. */
export interface PullRetryPlan {
  readonly maxAttempts: number;
  readonly backoffMs: number;
}

/** What is left when a run has ended. */
export interface CleanUpPlan {
  /** How long the finished Job and its annotation stay readable. */
  readonly keepFinishedMs: number;
  /** How long a stopped process or Pod may take to end by itself. */
  readonly stopGraceMs: number;
}

/** Everything a run will do. Complete: nothing else is looked up once a run has its Plan. */
export interface Plan {
  readonly version: 1;
  /** Unique, lower-case, fit for a label and an object name. */
  readonly runId: string;
  /** The profile's kind: `k3s-real-deps`. */
  readonly kind: string;
  readonly profile: string;
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  readonly jobName: string;
  /** Digest of what was rendered, the run's id left out: equal for two runs of the same thing. */
  readonly specHash: string;
  readonly labels: Readonly<Record<string, string>>;
  /** To be applied in this order; empty on a host target. */
  readonly objects: readonly PlannedObject[];
  /** Started in this order before the stages; on a cluster `objects` have them already. */
  readonly companions?: readonly Companion[];
  readonly stages: readonly Stage[];
  readonly omittedStages: readonly OmittedStage[];
  readonly sampling: SamplingPlan;
  readonly deadlineMs: number;
  readonly pullRetry: PullRetryPlan;
  readonly thresholds: Thresholds;
  readonly cleanUp: CleanUpPlan;
}

/** What it takes to read a companion. */
export type CompanionReference = Pick<Companion, 'name' | 'limits' | 'metrics'>;

/** What it takes to find a run again: the part of a Plan that travels with every call, small enough for a history. */
export interface RunReference
  extends Pick<
    Plan,
    'runId' | 'jobName' | 'specHash' | 'target' | 'proxy' | 'labels' | 'sampling' | 'deadlineMs' | 'cleanUp'
  > {
  /** Absent for a run that has none. */
  readonly companions?: readonly CompanionReference[];
}

/** Cuts a Plan down to its reference. */
export function referenceOf(plan: Plan): RunReference {
  const { runId, jobName, specHash, target, proxy, labels, sampling, deadlineMs, cleanUp, companions } = plan;
  const reference = { runId, jobName, specHash, target, proxy, labels, sampling, deadlineMs, cleanUp };
  return companions === undefined ? reference : { ...reference, companions: companions.map(companionReferenceOf) };
}

function companionReferenceOf({ name, limits, metrics }: Companion): CompanionReference {
  return { name, ...(limits === undefined ? {} : { limits }), ...(metrics === undefined ? {} : { metrics }) };
}
