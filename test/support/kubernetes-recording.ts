// What the API server of a real 1.36 cluster answered about a Job, as recorded; tests vary it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JobObservation } from '../../src/cluster/kubernetes/job-history.ts';
import type { KubeEvent, KubeJob, KubeNode, KubePod } from '../../src/cluster/kubernetes/kube-objects.ts';

/** `-readonly` all the way down, so that a test may change what it needs. */
type Changeable<T> = T extends readonly (infer U)[]
  ? Changeable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Changeable<T[K]> }
    : T;

export interface Recording {
  job: Changeable<KubeJob>;
  pods: Changeable<KubePod>[];
  events: Changeable<KubeEvent>[];
  node: Changeable<KubeNode>;
  nowMs: number;
}

/** A fresh copy of test/fixtures/kubernetes/<name>.json; `nowMs` is when it was recorded. */
export function readRecording(name: string): Recording {
  const file = fileURLToPath(new URL(`../fixtures/kubernetes/${name}.json`, import.meta.url));
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recording & { readonly recordedAt: string };
  return { ...recorded, nowMs: Date.parse(recorded.recordedAt) };
}

/** The first Pod of a recording, which has one. */
export function podOf(recording: JobObservation | Recording): Recording['pods'][number] {
  const [pod] = recording.pods as Recording['pods'];
  if (pod === undefined) throw new Error('the recording has no Pod');
  return pod;
}

/** The status of one container of the first Pod. */
export function statusOf(recording: Recording, container: string) {
  const { status } = podOf(recording);
  const found = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
  if (found === undefined) throw new Error(`no container ${container}`);
  return found;
}
