// One Job of this program's own with all that tells of it, read at once and not from a watch.
import type { JobSnapshot } from '../cluster.ts';
import { MADE_AT_ANNOTATION, MANAGED_BY_SELECTOR } from '../kubernetes/annotation-keys.ts';
import { type JobObservation, historyOf } from '../kubernetes/job-history.ts';
import { jobSnapshot } from '../kubernetes/job-snapshot.ts';
import {
  type KubeEvent,
  type KubeJob,
  type KubeMeta,
  type KubeNode,
  type KubePod,
  timeOf,
} from '../kubernetes/kube-objects.ts';
import { type KubeApi, apiPath } from './kube-client.ts';
import { POD_EVENTS } from './watch-hub.ts';

export interface JobName {
  readonly namespace: string;
  readonly jobName: string;
}

const BATCH = 'apis/batch/v1';
const CORE = 'api/v1';
/** Where a Pod says whose it is. */
const CONTROLLER_LABEL = 'batch.kubernetes.io/controller-uid';
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** The path of a Job. */
export function jobPath({ namespace, jobName }: JobName): string {
  return apiPath(BATCH, namespace, 'jobs', jobName);
}

/** The Job, or null when there is none of this program's own under the name. */
export async function getJob(
  input: JobName & { readonly client: KubeApi; readonly signal?: AbortSignal | undefined },
): Promise<KubeJob | null> {
  if (!isObjectName(input.jobName) || !isObjectName(input.namespace)) return null;
  const { code, body } = await input.client.json<KubeJob>({
    path: jobPath(input),
    what: `read Job ${input.namespace}/${input.jobName}`,
    signal: input.signal,
    tolerated: [404],
  });
  return code === 404 || !isOwn(body) ? null : body;
}

/** The Pods of this very Job, not of an earlier one of the same name. */
export function podsOf(input: { readonly pods: readonly KubePod[]; readonly job: KubeJob }): readonly KubePod[] {
  const uid = input.job.metadata?.uid;
  return input.pods.filter(({ metadata }) => metadata?.labels?.[CONTROLLER_LABEL] === uid);
}

export async function listPods(input: {
  readonly client: KubeApi;
  readonly job: KubeJob;
  readonly signal?: AbortSignal | undefined;
}): Promise<readonly KubePod[]> {
  const { namespace = '', uid = '' } = input.job.metadata ?? {};
  const { body } = await input.client.json<{ readonly items?: readonly KubePod[] }>({
    path: apiPath(CORE, namespace, 'pods'),
    query: { labelSelector: `${CONTROLLER_LABEL}=${uid}` },
    what: `list Pods in namespace ${namespace}`,
    signal: input.signal,
  });
  return body.items ?? [];
}

/** The Pods of every Job of this program's own that has or had this name, whether or not it is still there. */
export async function listPodsByName(
  input: JobName & { readonly client: KubeApi; readonly signal?: AbortSignal | undefined },
): Promise<readonly KubePod[]> {
  const { client, namespace, jobName, signal } = input;
  if (!isObjectName(jobName) || !isObjectName(namespace)) return [];
  const { body } = await client.json<{ readonly items?: readonly KubePod[] }>({
    path: apiPath(CORE, namespace, 'pods'),
    query: { labelSelector: `${MANAGED_BY_SELECTOR},${JOB_NAME_LABEL}=${jobName}` },
    what: `list Pods in namespace ${namespace}`,
    signal,
  });
  return body.items ?? [];
}

/** The Pod's node; null where it is gone or may not be read. */
export async function getNode(input: {
  readonly client: KubeApi;
  readonly name: string | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<KubeNode | null> {
  if (input.name === undefined) return null;
  const { code, body } = await input.client.json<KubeNode>({
    path: apiPath(CORE, null, 'nodes', input.name),
    what: `read Node ${input.name}`,
    signal: input.signal,
    tolerated: [403, 404],
  });
  return code >= 400 ? null : body;
}

/** Everything about the Job that the cluster tells now; without what may not be read. */
export async function observeJob(
  input: JobName & { readonly client: KubeApi; readonly signal?: AbortSignal | undefined },
): Promise<JobObservation> {
  const { client, signal } = input;
  // The Job first: once it has ended, what is read after it is final.
  const job = await getJob(input);
  const pods = job === null ? [] : await listPods({ client, job, signal });
  const [events, node] = await Promise.all([
    job === null ? [] : listEventsOf({ client, job, pods, signal }),
    getNode({ client, name: pods[0]?.spec?.nodeName, signal }),
  ]);
  return { job, pods, events, node, nowMs: client.nowMs() };
}

/** As callers are shown it; null when there is none. */
export async function readSnapshot(input: JobName & { readonly client: KubeApi }): Promise<JobSnapshot | null> {
  const observation = await observeJob(input);
  return observation.job === null ? null : jobSnapshot({ job: observation.job, history: historyOf(observation) });
}

/** All Jobs of this program's own in the namespace, newest first. */
export async function listSnapshots(input: {
  readonly client: KubeApi;
  readonly namespace: string;
}): Promise<readonly JobSnapshot[]> {
  const { client, namespace } = input;
  const list = async <T>(group: string, kind: string): Promise<readonly T[]> => {
    const { body } = await client.json<{ readonly items?: readonly T[] }>({
      path: apiPath(group, namespace, kind),
      query: { labelSelector: MANAGED_BY_SELECTOR },
      what: `list ${kind} in namespace ${namespace}`,
    });
    return body.items ?? [];
  };
  const [jobs, pods] = await Promise.all([list<KubeJob>(BATCH, 'jobs'), list<KubePod>(CORE, 'pods')]);
  return jobs
    .toSorted((a, b) => stampMs(b) - stampMs(a) || askedForMs(b) - askedForMs(a))
    .map((job) => {
      const history = historyOf({ job, pods: podsOf({ pods, job }), events: [], nowMs: client.nowMs() });
      return jobSnapshot({ job, history });
    });
}

function stampMs(job: KubeJob): number {
  return timeOf(job.metadata?.creationTimestamp) ?? 0;
}

/** Tells those apart that were made within the same second. */
function askedForMs(job: KubeJob): number {
  return Number(job.metadata?.annotations?.[MADE_AT_ANNOTATION] ?? '0');
}

/** What kubelets tell of the Pods; where there is none, what is told of the Job: why it was refused one. */
async function listEventsOf(input: {
  readonly client: KubeApi;
  readonly job: KubeJob;
  readonly pods: readonly KubePod[];
  readonly signal?: AbortSignal | undefined;
}): Promise<readonly KubeEvent[]> {
  const { client, job, pods, signal } = input;
  if (pods.length === 0) return await listEvents({ client, about: job, selector: 'involvedObject.kind=Job', signal });
  const all = pods.map((about) => listEvents({ client, about, selector: POD_EVENTS, signal }));
  return (await Promise.all(all)).flat();
}

async function listEvents(input: {
  readonly client: KubeApi;
  readonly about: { readonly metadata?: KubeMeta };
  readonly selector: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<readonly KubeEvent[]> {
  const { namespace = '', uid = '' } = input.about.metadata ?? {};
  const { code, body } = await input.client.json<{ readonly items?: readonly KubeEvent[] }>({
    path: apiPath(CORE, namespace, 'events'),
    query: { fieldSelector: `${input.selector},involvedObject.uid=${uid}` },
    what: `list Events in namespace ${namespace}`,
    signal: input.signal,
    tolerated: [403],
  });
  return code >= 400 ? [] : (body.items ?? []);
}

/** Whether this program made it: nothing else is ever shown, stopped or removed. */
function isOwn(job: KubeJob): boolean {
  const [label = '', value] = MANAGED_BY_SELECTOR.split('=');
  return job.metadata?.labels?.[label] === value;
}

/** A name that the API server could have given to an object; others never reach it. */
export function isObjectName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name);
}
