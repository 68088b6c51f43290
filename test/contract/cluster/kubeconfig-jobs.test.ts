import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyJob } from '../../../src/cluster/kubeconfig/apply-job.ts';
import type { KubeApi } from '../../../src/cluster/kubeconfig/kube-client.ts';
import type { KubeJob, KubePod } from '../../../src/cluster/kubernetes/kube-objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import {
  type KubeconfigFixture,
  type RealCluster,
  findRealCluster,
  openKubeconfigFixture,
  withObjects,
} from '../../support/kubeconfig-fixture.ts';
import { readToEnd, untilLogged } from '../cluster-contract.ts';

const real = findRealCluster();
const never = new AbortController().signal;
/** The Job made, its files applied, the Job let go. */
const CHANGES = 3;
const GONE_WITHIN = { timeout: 60_000, interval: 200 };

describe.skipIf('whyNot' in real)('Jobs of a real cluster', { timeout: 180_000 }, () => {
  let fixture: KubeconfigFixture;
  beforeEach(async () => {
    fixture = await openKubeconfigFixture(real as RealCluster);
  });
  afterEach(async () => {
    await fixture.dispose();
  });

  test('whoever applies after a crash at any point finishes what was begun, and the Job runs once', async () => {
    const stage = { files: { 'note.txt': 'a note\n' } };
    for (let survived = 0; survived < CHANGES; survived += 1) {
      for (const lost of ['request', 'answer'] as const) {
        const plan = fixture.plan({ scripts: { only: 'cat note.txt' }, stage });
        const input = { plan, attempt: 1, owner: 'me', signal: never };
        const crashing = crashAfter({ client: fixture.client, survived, lost });
        await expect(applyJob({ ...input, client: crashing })).rejects.toThrow('crashed');
        await applyJob({ ...input, client: fixture.client });
        expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
        expect(await fixture.cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 100 })).toMatchObject({
          text: 'a note\n',
        });
        expect(await podsOf(plan)).toHaveLength(1);
      }
    }
  });

  test('a pull that fails ends the Job at once, and another attempt makes it anew', async () => {
    const images = ['docker.io/proxybench/absent:1'];
    const failing = fixture.plan({ scripts: { only: 'true' }, stage: { images } });
    await fixture.cluster.apply({ plan: failing, attempt: 1, owner: 'me', signal: never });
    const first = await readToEnd({ cluster: fixture.cluster, plan: failing });
    expect(first.job).toBe('failed');
    expect(first.transitions.filter(({ phase }) => phase === 'failed')).toEqual([
      expect.objectContaining({
        stage: 'image-pull',
        image: images[0],
        reason: expect.stringMatching(/absent:1.*not found/),
      }),
      expect.objectContaining({ stage: null, reason: expect.stringMatching(/absent:1.*not found/) }),
    ]);
    await fixture.cluster.stop({ ...nameOf(failing), graceMs: 1_000 });
    expect(await fixture.cluster.readJob(nameOf(failing))).toMatchObject({ state: 'stopped' });

    const before = await jobOf(failing);
    const again = { plan: failing, attempt: 2, owner: 'me', signal: never };
    expect(await fixture.cluster.apply(again)).toEqual({ created: true });
    expect(await fixture.again.apply(again)).toEqual({ created: false });
    expect((await jobOf(failing)).metadata?.uid).not.toBe(before.metadata?.uid);
    // An earlier try of the first attempt, come late, changes nothing.
    expect(await fixture.again.apply({ ...again, attempt: 1 })).toEqual({ created: false });
    expect((await readToEnd({ cluster: fixture.cluster, plan: failing })).job).toBe('failed');
  });

  test('a stopped Job that is cleaned up starts no Pod, stays stopped, and expires with all that it owns', async () => {
    const planned = fixture.plan({
      scripts: { only: 'echo ready; sleep 300' },
      stage: { files: { 'note.txt': 'a note\n' } },
      plan: { cleanUp: { keepFinishedMs: 15_000, stopGraceMs: 1_000 } },
    });
    const plan = withObjects(planned);
    await fixture.cluster.apply({ plan, signal: never });
    await untilLogged({ cluster: fixture.cluster, plan, stage: 'only', text: 'ready\n' });
    await fixture.cluster.stop({ ...nameOf(plan), graceMs: 0 });
    const podsMade = async (): Promise<number> => {
      const { body } = await fixture.client.json<{ readonly items: readonly { readonly reason?: string }[] }>({
        path: `/api/v1/namespaces/${fixture.namespace}/events`,
        query: { fieldSelector: 'involvedObject.kind=Job,reason=SuccessfulCreate' },
        what: 'list events',
      });
      return body.items.length;
    };
    expect(await podsMade()).toBe(1);
    expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
    await vi.waitFor(async () => {
      const { status } = await jobOf(plan);
      expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'Failed', status: 'True' }));
    }, GONE_WITHIN);
    expect(await fixture.cluster.readJob(nameOf(plan))).toMatchObject({ state: 'stopped' });
    expect(await fixture.cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 100 })).toEqual({
      text: 'ready\n',
      truncated: false,
    });
    await vi.waitFor(async () => expect(await fixture.cluster.readJob(nameOf(plan))).toBeNull(), GONE_WITHIN);
    await vi.waitFor(async () => expect(await filesOf(plan)).toBe(404), GONE_WITHIN);
    expect(await podsMade()).toBe(1);
  });

  test('a Job whose Pod its namespace does not allow fails within a minute, in the cluster’s own words', async () => {
    await fixture.client.json({
      method: 'PATCH',
      path: `/api/v1/namespaces/${fixture.namespace}`,
      body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      what: 'label the namespace',
    });
    await vi.waitFor(async () => expect(await refusalOfAPod()).toMatch(/violates PodSecurity/), GONE_WITHIN);
    const plan = fixture.plan({ scripts: { only: 'true' } });
    await fixture.cluster.apply({ plan, signal: never });
    const { job, transitions } = await readToEnd({ cluster: fixture.cluster, plan });
    expect(job).toBe('failed');
    expect(transitions).toEqual([
      expect.objectContaining({
        stage: null,
        phase: 'failed',
        reason: expect.stringMatching(/^FailedCreate: .*violates PodSecurity "restricted/),
      }),
    ]);
    await fixture.cluster.stop({ ...nameOf(plan), graceMs: 0 });
    expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
  });

  test('a Job whose files are refused for good is taken away again, and the quota named', async () => {
    const quota = { metadata: { name: 'no-files' }, spec: { hard: { 'count/configmaps': '0' } } };
    const path = `/api/v1/namespaces/${fixture.namespace}/resourcequotas`;
    await fixture.client.json({ method: 'POST', path, body: quota, what: 'create a quota' });
    await vi.waitFor(async () => {
      const { body } = await fixture.client.json<{ readonly status?: { readonly hard?: unknown } }>({
        path: `${path}/no-files`,
        what: 'read the quota',
      });
      expect(body.status?.hard).toBeDefined();
    }, GONE_WITHIN);
    const plan = fixture.plan({ scripts: { only: 'true' }, stage: { files: { 'note.txt': 'a note\n' } } });
    await expect(fixture.cluster.apply({ plan, signal: never })).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringMatching(/exceeded quota: no-files.*Make room in the namespace’s ResourceQuota/s),
    });
    await vi.waitFor(async () => expect(await fixture.cluster.readJob(nameOf(plan))).toBeNull(), GONE_WITHIN);
  });

  test('a Job that somebody else suspended goes away once it is cleaned up', async () => {
    const plan = withObjects(
      fixture.plan({
        scripts: { only: 'echo ready; sleep 300' },
        plan: { cleanUp: { keepFinishedMs: 0, stopGraceMs: 1_000 } },
      }),
    );
    await fixture.cluster.apply({ plan, signal: never });
    await untilLogged({ cluster: fixture.cluster, plan, stage: 'only', text: 'ready\n' });
    const path = `/apis/batch/v1/namespaces/${fixture.namespace}/jobs/${plan.jobName}`;
    await fixture.client.json({ method: 'PATCH', path, body: { spec: { suspend: true } }, what: 'suspend the Job' });
    await vi.waitFor(async () => expect(await podsOf(plan)).toEqual([]), GONE_WITHIN);
    await fixture.cluster.stop({ ...nameOf(plan), graceMs: 0 });
    expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
    await vi.waitFor(async () => expect(await fixture.cluster.readJob(nameOf(plan))).toBeNull(), GONE_WITHIN);
  });

  test('what somebody else made is neither shown nor stopped', async () => {
    const plan = fixture.plan({ scripts: { only: 'sleep 300' } });
    const body = { ...plan.objects[0], metadata: { name: plan.jobName, labels: { app: 'another' } } };
    const path = `/apis/batch/v1/namespaces/${fixture.namespace}/jobs`;
    await fixture.client.json({ method: 'POST', path, body, what: 'create a Job' });
    await fixture.cluster.stop({ ...nameOf(plan), graceMs: 0 });
    expect(await fixture.cluster.readJob(nameOf(plan))).toBeNull();
    expect(await fixture.cluster.listJobs({ namespace: fixture.namespace })).toEqual([]);
    expect((await jobOf(plan)).spec?.suspend).toBe(false);
    await expect(fixture.cluster.apply({ plan, signal: never })).rejects.toMatchObject({ name: 'InvalidInputError' });
  });

  test('a Job in a namespace that is not there is bad input, with the namespace named', async () => {
    const plan = fixture.plan({ scripts: { only: 'true' } });
    const elsewhere = { ...plan, target: { ...plan.target, namespace: 'not-there' } };
    const applying = fixture.cluster.apply({ plan: elsewhere, signal: never });
    await expect(applying).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('not-there'),
    });
  });

  async function jobOf(plan: Plan): Promise<KubeJob> {
    const path = `/apis/batch/v1/namespaces/${fixture.namespace}/jobs/${plan.jobName}`;
    return (await fixture.client.json<KubeJob>({ path, what: 'read the Job' })).body;
  }

  async function podsOf(plan: Plan): Promise<readonly KubePod[]> {
    const { body } = await fixture.client.json<{ readonly items: readonly KubePod[] }>({
      path: `/api/v1/namespaces/${fixture.namespace}/pods`,
      query: { labelSelector: `proxybench.dev/run=${plan.runId}` },
      what: 'list Pods',
    });
    return body.items;
  }

  /** What the API server says to a Pod that it is not to keep; undefined when it would take it. */
  async function refusalOfAPod(): Promise<string | undefined> {
    const { body } = await fixture.client.json<{ readonly message?: string }>({
      method: 'POST',
      path: `/api/v1/namespaces/${fixture.namespace}/pods`,
      query: { dryRun: 'All' },
      body: {
        metadata: { name: 'asked-only' },
        spec: { containers: [{ name: 'only', image: (real as RealCluster).image }] },
      },
      what: 'ask whether a Pod is allowed',
      tolerated: [403],
    });
    return body.message;
  }

  async function filesOf(plan: Plan): Promise<number> {
    const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/${plan.jobName}-files`;
    return (await fixture.client.json({ path, what: 'read the files', tolerated: [404] })).code;
  }
});

/** A client whose process dies with the next change after so many, before it is asked for or before it is answered. */
function crashAfter(input: {
  readonly client: KubeApi;
  readonly survived: number;
  readonly lost: 'request' | 'answer';
}): KubeApi {
  const { client, survived, lost } = input;
  let changes = 0;
  return {
    nowMs: () => client.nowMs(),
    stream: (request) => client.stream(request),
    json: async (request) => {
      if (request.method === undefined) return await client.json(request);
      const crashes = changes === survived;
      changes += 1;
      if (crashes && lost === 'request') throw new Error('crashed');
      const answer = await client.json<never>(request);
      if (crashes) throw new Error('crashed');
      return answer;
    },
  };
}

function nameOf(plan: Plan): { readonly namespace: string; readonly jobName: string } {
  return { namespace: plan.target.namespace, jobName: plan.jobName };
}
