// How one companion of a Job stands, as its Pod's status tells. Pure.
import type { KubePod, KubeTerminated } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';

export interface CompanionStatus {
  /** `absent`: it has not been started yet. */
  readonly state: 'absent' | 'running' | 'ended';
  /** When it ended, the kubelet's clock; null while it has not. */
  readonly endedAtMs: number | null;
  /** The runtime's name for its last start; null before there was one. */
  readonly containerId: string | null;
  readonly restarts: number;
  /** Which of its ends, counted from 1, were for its memory: a status remembers the last one and the one before it. */
  readonly oomKilledEnds: readonly number[];
}

/** `name` is its container's. */
export function companionStatus(input: { readonly pod: KubePod; readonly name: string }): CompanionStatus {
  const statuses = [...(input.pod.status?.initContainerStatuses ?? []), ...(input.pod.status?.containerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === input.name);
  const { running, terminated } = status?.state ?? {};
  const restarts = status?.restartCount ?? 0;
  const ends = [status?.lastState?.terminated, terminated].filter((end) => end !== undefined);
  const oomKilledEnds = [
    ...(isForMemory(status?.lastState?.terminated) ? [Math.max(1, restarts)] : []),
    ...(isForMemory(terminated) ? [restarts + 1] : []),
  ];
  // Between an end and the next start a container waits, and is still the same companion.
  const isOver =
    terminated !== undefined && (input.pod.status?.phase === 'Succeeded' || input.pod.status?.phase === 'Failed');
  const containerId = /^[\w-]+:\/\/(\w+)$/.exec(status?.containerID ?? '')?.[1] ?? null;
  const known = { containerId, restarts, oomKilledEnds };
  if (running !== undefined) return { state: 'running', endedAtMs: null, ...known };
  if (isOver) return { state: 'ended', endedAtMs: timeOf(terminated.finishedAt), ...known };
  return { state: ends.length === 0 ? 'absent' : 'running', endedAtMs: null, ...known };
}

function isForMemory(end: KubeTerminated | undefined): boolean {
  return end?.reason === 'OOMKilled';
}
