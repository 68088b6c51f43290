// What the recorder saw of a Job over time, as one observation: what is gone by now is still known from before.
import type { JobObservation } from '../kubernetes/job-history.ts';
import type { KubeEvent, KubeJob, KubeNode, KubePod } from '../kubernetes/kube-objects.ts';

/** What one look gives. */
export interface Look {
  readonly job: KubeJob | null;
  readonly pods: readonly KubePod[];
  readonly events: readonly KubeEvent[];
  readonly node: KubeNode | null;
}

/** What all looks so far give together. */
export type Merged = Pick<JobObservation, 'job' | 'pods' | 'events'> & { readonly node: KubeNode | null };

export const NOTHING_SEEN: Merged = { job: null, pods: [], events: [], node: null };

/**
 * Takes another look in. Events are kept beyond their expiry; so is a finished Pod beyond its deletion. A Pod that was
 * taken away unfinished is not: what a Job without its Pod means is told from the Job. Another Job begins anew.
 */
export function mergeLook({ merged, look }: { readonly merged: Merged; readonly look: Look }): Merged {
  const sameJob = merged.job?.metadata?.uid === look.job?.metadata?.uid;
  const before = sameJob ? merged : NOTHING_SEEN;
  const present = new Set(look.pods.map(uidOf));
  const goneFinished = before.pods.filter((pod) => !present.has(uidOf(pod)) && isFinished(pod));
  const events = new Map([...before.events, ...look.events].map((event) => [uidOf(event), event]));
  return {
    job: look.job,
    pods: [...goneFinished, ...look.pods],
    events: [...events.values()],
    node: look.node ?? before.node,
  };
}

function isFinished(pod: KubePod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function uidOf(object: KubePod | KubeEvent): string {
  return object.metadata?.uid ?? '';
}
