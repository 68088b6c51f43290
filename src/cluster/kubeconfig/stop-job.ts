// Ends a Job's Pods and keeps the Job: what its Pods knew is written on it before they go.
import { setTimeout as delay } from 'node:timers/promises';
import { STOPPED_ANNOTATION } from '../kubernetes/annotation-keys.ts';
import { type JobHistory, entriesAtStop, historyOf } from '../kubernetes/job-history.ts';
import { jobEndOf, stoppedRecordOf } from '../kubernetes/job-end.ts';
import { type KubeJob, type KubePod, trueCondition } from '../kubernetes/kube-objects.ts';
import { STOPPED_RECORD_BYTES, type StoppedRecord, encodeStoppedRecord } from '../kubernetes/stopped-record.ts';
import { FIELD_MANAGER } from './apply-job.ts';
import { type KubeApi, apiPath } from './kube-client.ts';
import { type JobName, getJob, jobPath, listPods, listPodsByName, observeJob } from './read-job.ts';
import { readPodLog } from './read-log.ts';

const POLL_MS = 200;
/** A kubelet ends its containers at once when it is told so; one that has not by then is away with its node. */
const KUBELET_WITHIN_MS = 15_000;
/** The Job controller sees a suspension at once, or a second after a Pod that it was just making; or it is away. */
const CONTROLLER_WITHIN_MS = 10_000;

/** The Job that is to end. */
interface AskedJob {
  readonly job: KubeJob;
  /** Whether its status told of an earlier suspension still, so that nothing can be read from it. */
  readonly toldBefore: boolean;
}

/**
 * Suspends the Job, with a record of it, and waits until its Pods are gone: after `graceMs` they are killed, and where no
 * kubelet answers, forgotten. Of a Job that has ended nothing is changed; the Pods of one that was deleted are waited for
 * in the same way, also those that whoever deleted it left behind.
 * @param input.controllerWithinMs how long a Pod that the cluster was just making is waited for where the cluster does
 * not say that it has seen the suspension; default 10 s
 * @throws UnreachableError, InvalidInputError
 */
export async function stopJob(
  input: JobName & { readonly client: KubeApi; readonly graceMs: number; readonly controllerWithinMs?: number },
): Promise<void> {
  const { client, controllerWithinMs = CONTROLLER_WITHIN_MS } = input;
  const asked = await askToStop(input);
  if (asked === 'nothing') return;
  let last: JobHistory | null = null;
  await untilPodsAreGone({
    ...input,
    controllerWithinMs,
    list: () => (asked === 'vanished' ? listPodsByName(input) : listPods({ client, job: asked.job })),
    isSettled: async () => asked === 'vanished' || makesNoMorePods({ asked, job: await getJob(input) }),
    look: async () => {
      if (asked === 'vanished') return;
      const observation = await observeJob(input);
      if (observation.pods.length > 0) last = historyOf(observation);
    },
  });
  await writeEnd({ ...input, last });
}

/** Writes the record and suspends, in one step. Gives the Job, or why there is none to stop. */
async function askToStop(input: JobName & { readonly client: KubeApi }): Promise<AskedJob | 'nothing' | 'vanished'> {
  const { client } = input;
  for (;;) {
    const observation = await observeJob(input);
    const { job, pods } = observation;
    if (job === null) return 'vanished';
    const end = jobEndOf({ job, hasPods: pods.length > 0 });
    const record = stoppedRecordOf(job);
    if (end.state !== 'running' && record?.endedAtMs !== null && pods.every(isOver)) return 'nothing';
    const isSuspended = job.spec?.suspend === true;
    if (end.state === 'succeeded' || end.state === 'failed') return { job, toldBefore: false };
    if (record !== null && isSuspended) return { job, toldBefore: false };
    const history = historyOf(observation);
    const { code, body } = await writeRecord({
      ...input,
      job,
      record: {
        askedAtMs: client.nowMs(),
        endedAtMs: null,
        pod: history.pod,
        entries: history.entries.filter(({ transition }) => transition.stage !== null),
        log: await tailOfLastStage({ client, history, pods }),
      },
      suspend: true,
    });
    if (code === 404) return 'vanished';
    if (code < 400) return { job: body, toldBefore: !isSuspended && tellsOfSuspension(job) };
  }
}

/** A controller that tells of the suspension knows of every Pod that it has made, and makes no other. */
function makesNoMorePods({ asked, job }: { readonly asked: AskedJob; readonly job: KubeJob | null }): boolean {
  if (job === null || job.metadata?.uid !== asked.job.metadata?.uid) return true;
  const { conditions } = job.status ?? {};
  if (['Complete', 'Failed'].some((type) => trueCondition({ conditions, type }) !== undefined)) return true;
  return !asked.toldBefore && tellsOfSuspension(job);
}

function tellsOfSuspension({ status }: KubeJob): boolean {
  return trueCondition({ conditions: status?.conditions, type: 'Suspended' }) !== undefined;
}

/** Waits, and harder with time. `look` is called before each wait for Pods. */
async function untilPodsAreGone(input: {
  readonly client: KubeApi;
  readonly graceMs: number;
  readonly controllerWithinMs: number;
  readonly list: () => Promise<readonly KubePod[]>;
  /** Whether no Pod comes any more. */
  readonly isSettled: () => Promise<boolean>;
  readonly look: () => Promise<void>;
}): Promise<void> {
  const { client, graceMs, controllerWithinMs, list, isSettled, look } = input;
  const beganMs = Date.now();
  let pressure: 'none' | 'kill' | 'forget' = 'none';
  let settled = false;
  for (;;) {
    const pods = await list();
    const left = pods.filter((pod) => !isOver(pod) || pod.metadata?.deletionTimestamp !== undefined);
    const waitedMs = Date.now() - beganMs;
    if (left.length === 0) {
      if (settled) return;
      // Listed once more then: the last Pod may have come since they were.
      settled = waitedMs >= controllerWithinMs || (await isSettled());
      if (!settled) await delay(POLL_MS);
      continue;
    }
    await look();
    if (pressure === 'none' && waitedMs >= graceMs) {
      await deletePods({ client, pods: left, graceSeconds: 1 });
      pressure = 'kill';
    } else if (pressure === 'kill' && waitedMs >= graceMs + KUBELET_WITHIN_MS) {
      await deletePods({ client, pods: left, graceSeconds: 0 });
      pressure = 'forget';
    }
    await delay(POLL_MS);
  }
}

async function deletePods(input: {
  readonly client: KubeApi;
  readonly pods: readonly KubePod[];
  readonly graceSeconds: number;
}): Promise<void> {
  for (const { metadata } of input.pods) {
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    await input.client.json({
      method: 'DELETE',
      path: apiPath('api/v1', namespace, 'pods', name),
      body: { gracePeriodSeconds: input.graceSeconds, preconditions: { uid } },
      what: `delete Pod ${namespace}/${name}`,
      tolerated: [404, 409],
    });
  }
}

/** Completes the record once nothing runs any more; of many who stop one Job, the first to come here does. */
async function writeEnd(
  input: JobName & { readonly client: KubeApi; readonly last: JobHistory | null },
): Promise<void> {
  const { client, last } = input;
  for (;;) {
    const job = await getJob(input);
    const record = job === null ? null : stoppedRecordOf(job);
    if (job === null || record === null || record.endedAtMs !== null) return;
    const { code } = await writeRecord({
      ...input,
      job,
      record: completed({ record, job, last, nowMs: client.nowMs() }),
      suspend: false,
    });
    if (code < 400 || code === 404) return;
  }
}

/** Writes on the Job as it was read: code 409 when it has changed since, 404 when it is gone. */
function writeRecord(
  input: JobName & {
    readonly client: KubeApi;
    readonly job: KubeJob;
    readonly record: StoppedRecord;
    readonly suspend: boolean;
  },
) {
  const { client, namespace, jobName, job, record, suspend } = input;
  return client.json<KubeJob>({
    method: 'PATCH',
    path: jobPath(input),
    query: { fieldManager: FIELD_MANAGER },
    body: {
      metadata: {
        resourceVersion: job.metadata?.resourceVersion,
        annotations: { [STOPPED_ANNOTATION]: encodeStoppedRecord(record) },
      },
      ...(suspend && { spec: { suspend } }),
    },
    what: `${suspend ? 'suspend' : 'annotate'} Job ${namespace}/${jobName}`,
    tolerated: [404, 409],
  });
}

function completed(input: {
  readonly record: StoppedRecord;
  readonly job: KubeJob;
  readonly last: JobHistory | null;
  readonly nowMs: number;
}): StoppedRecord {
  const { record, job, last } = input;
  // Without a Pod from the first look on, the stop that was cut off had done its work when it asked for it.
  const endedAtMs = last === null ? record.askedAtMs : Math.max(record.askedAtMs, input.nowMs);
  const seen = last ?? historyOf({ job, pods: [], events: [], nowMs: input.nowMs });
  return { ...record, endedAtMs, pod: seen.pod, entries: entriesAtStop({ history: seen, endedAtMs }) };
}

/** The end of the log of the stage that runs, which its status may not say yet, else of the last that ran. */
async function tailOfLastStage(input: {
  readonly client: KubeApi;
  readonly history: JobHistory;
  readonly pods: readonly KubePod[];
}): Promise<StoppedRecord['log']> {
  const { client, history, pods } = input;
  const [pod] = pods;
  if (pod === undefined) return null;
  const ended = new Set(
    history.entries.filter(({ key }) => /[fx]$/.test(key)).map(({ transition }) => transition.stage),
  );
  const first = history.stages.find((stage) => !ended.has(stage));
  const last = history.stages.findLast((stage) => ended.has(stage));
  for (const stage of [first, last]) {
    if (stage === undefined) continue;
    // What cannot be read now never can: the stop does not wait for it.
    const tail = await readPodLog({ client, pod, stage, maxBytes: STOPPED_RECORD_BYTES }).catch(() => null);
    if (tail !== null) return { stage, ...tail };
  }
  return null;
}

/** Whether nothing of it runs, whatever becomes of the object. */
export function isOver({ status }: KubePod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
