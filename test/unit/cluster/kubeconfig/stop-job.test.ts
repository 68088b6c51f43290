import { describe, expect, it } from 'vitest';
import type { KubeApi, KubeRequest } from '../../../../src/cluster/kubeconfig/kube-client.ts';
import { stopJob } from '../../../../src/cluster/kubeconfig/stop-job.ts';
import { stoppedRecordOf } from '../../../../src/cluster/kubernetes/job-end.ts';
import { type Recording, podOf, readRecording } from '../../../support/kubernetes-recording.ts';

type Job = Recording['job'];
type Pod = Recording['pods'][number];

/** A cluster that changes with each list of Pods after the suspension: what `then` does to it, in turn. */
function scriptedCluster(input: {
  readonly before?: (job: Job) => void;
  readonly then: readonly ((cluster: { job: Job | null; pods: Pod[] }) => void)[];
}) {
  const recording = readRecording('running');
  const cluster: { job: Job | null; pods: Pod[] } = { job: recording.job, pods: [] };
  input.before?.(recording.job);
  const steps = [...input.then];
  const seen = { lists: 0, cluster };

  function patch(body: unknown): void {
    const { metadata, spec } = body as { readonly metadata: Partial<Job['metadata']>; readonly spec?: object };
    const { job } = cluster;
    if (job === null) throw new Error('the Job is gone');
    const annotations = { ...job.metadata?.annotations, ...metadata?.annotations };
    cluster.job = { ...job, metadata: { ...job.metadata, annotations }, spec: { ...job.spec, ...spec } };
  }
  function answer({ method, path, body }: KubeRequest): { readonly code: number; readonly body: unknown } {
    if (method === 'PATCH') patch(body);
    if (path.endsWith('/pods')) {
      const { pods } = cluster;
      if (cluster.job === null || cluster.job.spec?.suspend === true) {
        seen.lists += 1;
        steps.shift()?.(cluster);
      }
      return { code: 200, body: { items: pods } };
    }
    if (path.includes('/jobs/'))
      return cluster.job === null ? { code: 404, body: {} } : { code: 200, body: cluster.job };
    return { code: 200, body: { items: [] } };
  }
  const client: KubeApi = {
    // As it was when it was asked for: what comes later is another answer.
    json: (request) => Promise.resolve(structuredClone(answer(request)) as { code: number; body: never }),
    stream: () => Promise.reject(new Error('nobody asks for this')),
    nowMs: () => recording.nowMs,
  };
  const { namespace = '', name: jobName = '' } = recording.job.metadata ?? {};
  const stop = (controllerWithinMs?: number): Promise<void> =>
    stopJob({
      client,
      namespace,
      jobName,
      graceMs: 0,
      ...(controllerWithinMs !== undefined && { controllerWithinMs }),
    });
  return { seen, stop };
}

const tell = (type: string) => (cluster: { job: Job | null }) => {
  if (cluster.job === null) throw new Error('the Job is gone');
  cluster.job = { ...cluster.job, status: { ...cluster.job.status, conditions: [{ type, status: 'True' }] } };
};
const aPodComes = (cluster: { pods: Pod[] }): void => {
  cluster.pods = [podOf(readRecording('running'))];
};
const thePodGoes = (cluster: { pods: Pod[] }): void => {
  cluster.pods = [];
};
const nothing = (): void => undefined;

describe('the stop of a Job without Pods', () => {
  it('waits for the Pod that the controller was just making', async () => {
    const { seen, stop } = scriptedCluster({ then: [nothing, aPodComes, nothing, tell('Suspended'), thePodGoes] });
    await stop();
    expect(seen.cluster.pods).toEqual([]);
    expect(seen.lists).toBeGreaterThan(5);
    const record = seen.cluster.job && stoppedRecordOf(seen.cluster.job);
    expect(record?.pod).not.toBe('');
    expect(record?.endedAtMs).not.toBeNull();
  });

  it('looks once more when the controller tells of the suspension', async () => {
    const { seen, stop } = scriptedCluster({
      then: [
        (cluster) => {
          tell('Suspended')(cluster);
          aPodComes(cluster);
        },
        nothing,
        thePodGoes,
      ],
    });
    await stop();
    expect(seen.cluster.pods).toEqual([]);
  });

  it.each(['Suspended', 'Complete', 'Failed'])('ends once the Job is told to be %s', async (type) => {
    const { seen, stop } = scriptedCluster({ then: [nothing, tell(type)] });
    await stop();
    expect(seen.lists).toBe(3);
    expect(seen.cluster.job && stoppedRecordOf(seen.cluster.job)?.endedAtMs).not.toBeNull();
  });

  it('ends once the Job is gone', async () => {
    const { seen, stop } = scriptedCluster({
      then: [
        (cluster) => {
          cluster.job = null;
        },
      ],
    });
    await stop();
    expect(seen.lists).toBe(2);
  });

  it('does not believe what is told of a suspension from before', async () => {
    const { seen, stop } = scriptedCluster({
      before: (job) => {
        job.status = { conditions: [{ type: 'Suspended', status: 'True' }] };
      },
      then: [nothing, aPodComes, nothing, thePodGoes],
    });
    await stop(600);
    expect(seen.cluster.pods).toEqual([]);
    expect(seen.lists).toBeGreaterThan(4);
  });

  it('ends without a word of the controller after a while', async () => {
    const { seen, stop } = scriptedCluster({ then: [] });
    await stop(300);
    // At once, after a wait at the least, and once more.
    expect(seen.lists).toBeGreaterThan(2);
    expect(seen.cluster.job && stoppedRecordOf(seen.cluster.job)?.endedAtMs).not.toBeNull();
  });
});
