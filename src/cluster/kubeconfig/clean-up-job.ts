// Lets a Job that has served its purpose expire by itself, only now: before, it would take its evidence along.
import type { RunReference } from '../../plan/plan.ts';
import { trueCondition } from '../kubernetes/kube-objects.ts';
import { FIELD_MANAGER } from './apply-job.ts';
import type { KubeApi } from './kube-client.ts';
import { getJob, jobPath, listPods } from './read-job.ts';
import { isOver } from './stop-job.ts';

/**
 * Sets the time to live. A Job that was stopped, or suspended by anybody else, never finishes while it is: it is let go
 * without any Pod to start and with a deadline that passes at once; the record of a stop goes on telling of it. What it owns goes with it.
 * `leftOver`: the Pods of the run in which something may still run.
 */
export async function cleanUpJob(input: {
  readonly client: KubeApi;
  readonly plan: RunReference;
}): Promise<{ readonly leftOver: readonly string[] }> {
  const { client, plan } = input;
  const name = { namespace: plan.target.namespace, jobName: plan.jobName };
  const job = await getJob({ client, ...name });
  if (job === null) return { leftOver: [] };
  const pods = await listPods({ client, job });
  const leftOver = pods
    .filter((pod) => !isOver(pod))
    .map(({ metadata }) => `Pod ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`);
  const { conditions } = job.status ?? {};
  const finished = ['Complete', 'Failed'].some((type) => trueCondition({ conditions, type }) !== undefined);
  const suspended = job.spec?.suspend === true;
  const endWithoutPods =
    suspended && !finished && leftOver.length === 0 ? { parallelism: 0, suspend: false, activeDeadlineSeconds: 1 } : {};
  await client.json({
    method: 'PATCH',
    path: jobPath(name),
    query: { fieldManager: FIELD_MANAGER },
    body: {
      spec: { ttlSecondsAfterFinished: Math.ceil(plan.cleanUp.keepFinishedMs / 1_000), ...endWithoutPods },
    },
    what: `patch Job ${name.namespace}/${name.jobName}`,
    tolerated: [404],
  });
  return { leftOver };
}
