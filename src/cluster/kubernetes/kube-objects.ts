// The fields of Kubernetes objects that this program reads, as plain JSON: what `kubectl -o json` and a watch both give.

/** Times are ISO strings as the API server writes them: whole seconds, but for `eventTime`. */
export interface KubeMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Counts the changes of the object's spec, from 1. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface KubeContainer {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  /** `Always` for a side-car, which is no stage. */
  readonly restartPolicy?: string;
}

export interface KubeJob {
  readonly metadata?: KubeMeta;
  readonly spec?: {
    readonly suspend?: boolean;
    readonly parallelism?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly template?: {
      readonly spec?: {
        readonly initContainers?: readonly KubeContainer[];
        readonly containers?: readonly KubeContainer[];
        readonly terminationGracePeriodSeconds?: number;
      };
    };
  };
  readonly status?: {
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly active?: number;
    readonly conditions?: readonly KubeCondition[];
  };
}

export interface KubeTerminated {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

export interface KubeContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: KubeTerminated;
}

export interface KubeContainerStatus {
  readonly name: string;
  /** Of a side-car: whether it has answered its startup probe since it was last started. */
  readonly started?: boolean;
  /** Of the last start: `containerd://0123…`. */
  readonly containerID?: string;
  readonly restartCount?: number;
  readonly state?: KubeContainerState;
  readonly lastState?: KubeContainerState;
}

export interface KubePod {
  readonly metadata?: KubeMeta;
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly hostIP?: string;
    readonly hostIPs?: readonly { readonly ip: string }[];
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly KubeCondition[];
    readonly initContainerStatuses?: readonly KubeContainerStatus[];
    readonly containerStatuses?: readonly KubeContainerStatus[];
  };
}

/** An event of the core API. */
export interface KubeEvent {
  readonly metadata?: KubeMeta;
  readonly involvedObject?: { readonly kind?: string; readonly uid?: string; readonly fieldPath?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

export interface KubeNode {
  readonly metadata?: KubeMeta;
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly KubeCondition[];
  };
}

/** The stages of a Job: the containers of its template in the order in which they run. Side-cars are none. */
export function stageContainers(job: KubeJob): readonly KubeContainer[] {
  return allContainers(job).filter((container) => !isSideCar(container));
}

/** The companions of a Job, in the order in which they start. */
export function companionContainers(job: KubeJob): readonly KubeContainer[] {
  return allContainers(job).filter(isSideCar);
}

function allContainers(job: KubeJob): readonly KubeContainer[] {
  const spec = job.spec?.template?.spec;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function isSideCar({ restartPolicy }: KubeContainer): boolean {
  return restartPolicy === 'Always';
}

/** A condition that is true now. */
export function trueCondition(input: {
  readonly conditions: readonly KubeCondition[] | undefined;
  readonly type: string;
}): KubeCondition | undefined {
  return input.conditions?.find(({ type, status }) => type === input.type && status === 'True');
}

/** Milliseconds since the epoch; null for what is missing or no time. */
export function timeOf(stamp: string | null | undefined): number | null {
  if (stamp === null || stamp === undefined) return null;
  const atMs = Date.parse(stamp);
  return Number.isNaN(atMs) ? null : atMs;
}
