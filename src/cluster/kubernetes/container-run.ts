// When one container ran and how it ended, as exactly as the kubelet, its events and the stage itself tell.
import { containerOf } from './container-pulls.ts';
import { momentsOf } from './event-moments.ts';
import type { KubeContainerStatus, KubeEvent, KubePod, KubeTerminated } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';
import { type Moment, offSecond } from './moment.ts';
import { cutReason } from './pull-events.ts';
import { readStageReport, readTerminationMessage } from './termination-message.ts';

export interface ContainerRun {
  /** As it could be told when the container had just started. */
  readonly start: Moment | null;
  /** As the stage itself told with its end; absent where it did not, or was started more than once. */
  readonly ownStartMs?: number;
  /** `sharp` when the stage told it; else the beginning of the kubelet's whole second. Null while it runs. */
  readonly end: Moment | null;
  readonly exitCode?: number;
  /** Why it failed; absent when it went well or still runs. */
  readonly failure?: string;
  /** Why it waits, once it should not. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly restarts: number;
  /** How often it has ended, as far as `restarts` and what it does now tell. */
  readonly ends: number;
  /** Of a side-car: it has answered since it was last started. */
  readonly isUp: boolean;
  /** Why the start before this one failed. */
  readonly lastFailure?: string;
  /** What the stage said of itself with its end. */
  readonly report?: string;
}

/** A `Started` event of another start than the status tells of is further away than this. */
const EVENT_TOLERANCE_MS = 2_000;

/** What is known of one container's run. `events` are those of its Pod alone. */
export function containerRun(input: {
  readonly pod: KubePod;
  readonly container: string;
  readonly events: readonly KubeEvent[];
}): ContainerRun {
  const status = statusOf(input);
  const terminated = status?.state?.terminated;
  const restarts = status?.restartCount ?? 0;
  // A container that was started again has run since its first start, as far back as the kubelet remembers.
  const first = restarts > 0 ? status?.lastState?.terminated : undefined;
  const started = first?.startedAt ?? status?.state?.running?.startedAt ?? terminated?.startedAt;
  const own = terminated === undefined ? null : readTerminationMessage(terminated);
  const startedEvent = startedMoment({ ...input, secondMs: timeOf(started) });
  const startMs = timeOf(started);
  return {
    start: startedEvent ?? (startMs === null ? null : { atMs: startMs, sharp: false }),
    ...(own === null || first !== undefined ? {} : { ownStartMs: own.startedAtMs }),
    end: terminated === undefined ? null : endOf({ terminated, own }),
    ...(terminated?.exitCode === undefined ? {} : { exitCode: terminated.exitCode }),
    ...(terminated === undefined ? {} : failureOf({ terminated, restarts })),
    ...(status?.state?.waiting?.reason === undefined
      ? {}
      : { waiting: { reason: status.state.waiting.reason, message: status.state.waiting.message ?? '' } }),
    restarts,
    ends: restarts + (status?.state?.running === undefined && hasEnded(status) ? 1 : 0),
    isUp: status?.started === true,
    ...lastFailureOf({ status, restarts }),
    ...(terminated === undefined ? {} : reportOf(terminated)),
  };
}

/** Its status tells of an end; where it does not run, that is one more than its restarts. */
function hasEnded(status: KubeContainerStatus | undefined): boolean {
  return (status?.state?.terminated ?? status?.lastState?.terminated) !== undefined;
}

function lastFailureOf(input: {
  readonly status: KubeContainerStatus | undefined;
  readonly restarts: number;
}): Pick<ContainerRun, 'lastFailure'> {
  const before = input.status?.lastState?.terminated;
  if (before === undefined) return {};
  const { failure } = failureOf({ terminated: before, restarts: input.restarts });
  return failure === undefined ? {} : { lastFailure: failure };
}

function reportOf(terminated: KubeTerminated): Pick<ContainerRun, 'report'> {
  const report = readStageReport(terminated);
  return report === null ? {} : { report };
}

function statusOf(input: { readonly pod: KubePod; readonly container: string }): KubeContainerStatus | undefined {
  const { status } = input.pod;
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ name }) => name === input.container,
  );
}

/** The first `Started` event that agrees with the status; null where there is none, or no status to agree with. */
function startedMoment(input: {
  readonly events: readonly KubeEvent[];
  readonly container: string;
  readonly secondMs: number | null;
}): Moment | null {
  const { secondMs } = input;
  if (secondMs === null) return null;
  return (
    input.events
      .filter((event) => event.reason === 'Started' && containerOf(event) === input.container)
      .flatMap((event) => momentsOf(event).slice(0, 1))
      .find(({ atMs, sharp }) => sharp && offSecond({ atMs, secondMs }) <= EVENT_TOLERANCE_MS) ?? null
  );
}

function endOf(input: {
  readonly terminated: KubeTerminated;
  readonly own: { readonly endedAtMs: number } | null;
}): Moment | null {
  if (input.own !== null) return { atMs: input.own.endedAtMs, sharp: true };
  const secondMs = timeOf(input.terminated.finishedAt) ?? timeOf(input.terminated.startedAt);
  return secondMs === null ? null : { atMs: secondMs, sharp: false };
}

function failureOf(input: { readonly terminated: KubeTerminated; readonly restarts: number }): {
  readonly failure?: string;
} {
  const { exitCode, signal, reason, message } = input.terminated;
  if (exitCode === 0) return {};
  const code = signal === undefined || signal === 0 ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`;
  const again = input.restarts === 0 ? '' : `, after ${input.restarts} restart${input.restarts === 1 ? '' : 's'}`;
  if (reason === undefined || reason === 'Error' || reason === 'Completed') return { failure: `${code}${again}` };
  // Of a container that ran, the message is its own; of one that never did, the runtime's.
  const neverRan = reason === 'StartError' || reason === 'ContainerCannotRun' || reason === 'ContainerStatusUnknown';
  return { failure: cutReason(`${reason}${neverRan && message !== undefined ? `: ${message}` : ''}${again}`) };
}
