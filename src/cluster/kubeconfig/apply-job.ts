// Makes a Job exist and run, exactly once however often and by however many it is asked for.
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidInputError } from '../../errors/errors.ts';
import type { Plan, PlannedObject } from '../../plan/plan.ts';
import {
  ATTEMPT_ANNOTATION,
  MADE_AT_ANNOTATION,
  OWNER_ANNOTATION,
  RUN_LABEL,
  SPEC_HASH_ANNOTATION,
  STOPPED_ANNOTATION,
} from '../kubernetes/annotation-keys.ts';
import type { KubeJob } from '../kubernetes/kube-objects.ts';
import { type KubeApi, apiPath } from './kube-client.ts';
import { jobPath, listPods } from './read-job.ts';

/** The field manager of all that is applied; evidence has its own. */
export const FIELD_MANAGER = 'proxybench';

const POLL_MS = 200;

interface ApplyInput {
  readonly client: KubeApi;
  readonly plan: Plan;
  readonly attempt: number;
  readonly owner: string | null;
  readonly signal: AbortSignal;
}

/**
 * The Job is created suspended where it needs other objects, those are applied as its property, then it is let go. Whoever
 * comes by after a crash in between finishes it. A Job of an earlier attempt is removed with its Pods and made anew.
 * @throws InvalidInputError when a different Job, or another owner's, holds the name; UnreachableError
 */
export async function applyJob(input: ApplyInput): Promise<{ readonly created: boolean }> {
  const { client, plan, signal } = input;
  const job = jobOf(plan);
  let created = false;
  for (;;) {
    signal.throwIfAborted();
    const existing = await readAny(input);
    if (existing === null) {
      // Looked at again before it is let go: the Job controller writes on it at once.
      if (await createJob({ ...input, job })) created = true;
      continue;
    }
    requireSameJob({ ...input, existing });
    if (attemptOf(existing) < input.attempt) {
      await removeJob({ client, plan, job: existing, signal });
      continue;
    }
    if (existing.metadata?.deletionTimestamp !== undefined) {
      await delay(POLL_MS, undefined, { signal });
      continue;
    }
    if (await finishOrTakeBack({ ...input, job, existing })) return { created };
  }
}

function jobOf(plan: Plan): PlannedObject {
  const job = plan.objects.find(({ kind }) => kind === 'Job');
  if (job !== undefined && job.metadata.name === plan.jobName) return job;
  throw new InvalidInputError([
    {
      path: 'plan.objects',
      message: 'there is no Job of the planned name among them',
      hint: 'Choose a profile made for clusters.',
    },
  ]);
}

/** Whatever holds the name, this program's or not. */
async function readAny({ client, plan, signal }: ApplyInput): Promise<KubeJob | null> {
  const { namespace } = plan.target;
  const { code, body } = await client.json<KubeJob>({
    path: jobPath({ namespace, jobName: plan.jobName }),
    what: `read Job ${namespace}/${plan.jobName}`,
    signal,
    tolerated: [404],
  });
  return code === 404 ? null : body;
}

/** By POST, which only one of many can win; whether it was this one. */
async function createJob(input: ApplyInput & { readonly job: PlannedObject }): Promise<boolean> {
  const { client, plan, signal } = input;
  const { code } = await client.json({
    method: 'POST',
    path: apiPath('apis/batch/v1', plan.target.namespace, 'jobs'),
    query: { fieldManager: FIELD_MANAGER },
    body: manifest({ ...input, suspend: others(plan).length > 0, madeAtMs: client.nowMs() }),
    what: `create Job ${plan.target.namespace}/${plan.jobName}`,
    signal,
    tolerated: [409],
  });
  return code !== 409;
}

/** As `finish`; a Job whose files are refused for good is taken away again: nobody would ever let it go or remove it. */
async function finishOrTakeBack(input: Parameters<typeof finish>[0]): Promise<boolean> {
  const { client, plan, existing } = input;
  try {
    return await finish(input);
  } catch (thrown) {
    // Unless it is let go already; what cannot be taken away either is told of by the refusal that came first.
    if (thrown instanceof InvalidInputError && waitsToBeLetGo(existing)) {
      await deleteJob({ client, plan, uid: existing.metadata?.uid ?? '' }).catch(() => undefined);
    }
    throw thrown;
  }
}

/** Of the second generation it was let go before, and whoever suspended it since wants it so. */
function waitsToBeLetGo({ metadata, spec }: KubeJob): boolean {
  return (
    spec?.suspend === true && metadata?.generation === 1 && metadata.annotations?.[STOPPED_ANNOTATION] === undefined
  );
}

/** Applies what the Job needs and lets it go; false when it has changed meanwhile and must be looked at again. */
async function finish(
  input: ApplyInput & { readonly job: PlannedObject; readonly existing: KubeJob },
): Promise<boolean> {
  const { client, plan, existing, signal } = input;
  if (!waitsToBeLetGo(existing)) return true;
  for (const object of others(plan)) await applyOwned({ ...input, object });
  const { code } = await client.json({
    method: 'PATCH',
    path: jobPath({ namespace: plan.target.namespace, jobName: plan.jobName }),
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: manifest({ ...input, suspend: false, version: existing.metadata?.resourceVersion }),
    what: `apply Job ${plan.target.namespace}/${plan.jobName}`,
    signal,
    tolerated: [404, 409],
  });
  return code < 400;
}

/** The rendered Job with what tells whose it is. */
function manifest(input: {
  readonly job: PlannedObject;
  readonly plan: Plan;
  readonly attempt: number;
  readonly owner: string | null;
  readonly suspend: boolean;
  /** Left out when it is applied again: it then stays as it was. */
  readonly madeAtMs?: number;
  readonly version?: string | undefined;
}): unknown {
  const { job, plan, attempt, owner, suspend, madeAtMs, version } = input;
  return {
    apiVersion: job.apiVersion,
    kind: job.kind,
    metadata: {
      ...job.metadata,
      annotations: {
        ...job.metadata.annotations,
        [SPEC_HASH_ANNOTATION]: plan.specHash,
        [ATTEMPT_ANNOTATION]: String(attempt),
        ...(owner === null ? {} : { [OWNER_ANNOTATION]: owner }),
        ...(madeAtMs === undefined ? {} : { [MADE_AT_ANNOTATION]: String(madeAtMs) }),
      },
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    spec: { ...(job.spec as object), suspend },
  };
}

function others(plan: Plan): readonly PlannedObject[] {
  return plan.objects.filter(({ kind }) => kind !== 'Job');
}

/** Server-side apply of an object that goes when the Job goes. */
async function applyOwned(
  input: ApplyInput & { readonly object: PlannedObject; readonly existing: KubeJob },
): Promise<void> {
  const { client, object, existing, signal } = input;
  const { namespace, name } = object.metadata;
  if (object.kind !== 'ConfigMap') {
    const hint = 'Render Jobs and ConfigMaps only.';
    throw new InvalidInputError([{ path: 'plan.objects', value: object.kind, message: 'cannot be applied', hint }]);
  }
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: existing.metadata?.name, uid: existing.metadata?.uid };
  await client.json({
    method: 'PATCH',
    path: apiPath('api/v1', namespace, 'configmaps', name),
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } },
    what: `apply ConfigMap ${namespace}/${name}`,
    signal,
  });
}

/** Removes the Job and waits until it and its Pods are gone. */
async function removeJob(input: {
  readonly client: KubeApi;
  readonly plan: Plan;
  readonly job: KubeJob;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, plan, job, signal } = input;
  const name = { namespace: plan.target.namespace, jobName: plan.jobName };
  const uid = job.metadata?.uid ?? '';
  await deleteJob({ client, plan, uid, signal });
  for (;;) {
    const { code, body } = await client.json<KubeJob>({
      path: jobPath(name),
      what: `read Job ${name.namespace}/${name.jobName}`,
      signal,
      tolerated: [404],
    });
    const gone = code === 404 || body.metadata?.uid !== uid;
    if (gone && (await listPods({ client, job, signal })).length === 0) return;
    await delay(POLL_MS, undefined, { signal });
  }
}

/** This very Job and no other of its name. */
async function deleteJob(input: {
  readonly client: KubeApi;
  readonly plan: Plan;
  readonly uid: string;
  readonly signal?: AbortSignal;
}): Promise<void> {
  const { client, plan, uid, signal } = input;
  const { namespace } = plan.target;
  await client.json({
    method: 'DELETE',
    path: jobPath({ namespace, jobName: plan.jobName }),
    body: { propagationPolicy: 'Background', preconditions: { uid } },
    what: `delete Job ${namespace}/${plan.jobName}`,
    signal,
    tolerated: [404, 409],
  });
}

function attemptOf(job: KubeJob): number {
  return Number(job.metadata?.annotations?.[ATTEMPT_ANNOTATION] ?? '1');
}

function requireSameJob(input: ApplyInput & { readonly existing: KubeJob }): void {
  const { plan, owner, existing } = input;
  const annotations = existing.metadata?.annotations ?? {};
  const different = [
    ...(existing.metadata?.labels?.[RUN_LABEL] === plan.labels[RUN_LABEL] ? [] : ['runId']),
    ...(annotations[SPEC_HASH_ANNOTATION] === plan.specHash ? [] : ['specHash']),
    ...((annotations[OWNER_ANNOTATION] ?? null) === owner ? [] : ['owner']),
  ];
  if (different.length === 0) return;
  throw new InvalidInputError([
    {
      path: 'plan.jobName',
      value: plan.jobName,
      message: `a Job with another ${different.join(' and ')} holds this name`,
      hint: 'Start the run under a new run id.',
    },
  ]);
}
