import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeconfigCluster } from '../../../src/cluster/kubeconfig/kubeconfig-cluster.ts';
import { createKubeconfigCluster } from '../../../src/cluster/kubeconfig/kubeconfig-cluster.ts';
import { loadKubeConfig } from '../../../src/cluster/kubeconfig/kube-config.ts';
import { InvalidInputError } from '../../../src/errors/errors.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import {
  type KubeconfigFixture,
  type RealCluster,
  changedKubeconfig,
  findRealCluster,
  openKubeconfigFixture,
} from '../../support/kubeconfig-fixture.ts';
import { type TcpForwarder, startTcpForwarder } from '../../support/tcp-forwarder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { readToEnd, untilLogged } from '../cluster-contract.ts';

const real = findRealCluster();
const never = new AbortController().signal;

describe.skipIf('whyNot' in real)('watching Jobs of a real cluster', { timeout: 180_000 }, () => {
  let fixture: KubeconfigFixture;
  beforeEach(async () => {
    fixture = await openKubeconfigFixture(real as RealCluster);
  });
  afterEach(async () => {
    await fixture.dispose();
  });

  test('fifty calls, one after another and at once, share two connections', async () => {
    await throughForwarder(fixture, async ({ forwarder, cluster }) => {
      const job = { namespace: fixture.namespace, jobName: 'none' };
      for (let call = 0; call < 25; call += 1) await cluster.readJob(job);
      await Promise.all(Array.from({ length: 25 }, () => cluster.readJob(job)));
      expect(cluster.client.requests).toBe(50);
      expect(forwarder.opened()).toBeLessThanOrEqual(2);
    });
  });

  test('twenty who wait for the same run share one watch of each kind', async () => {
    const stream = vi.spyOn((fixture.cluster as KubeconfigCluster).client, 'stream');
    const plan = fixture.plan({ scripts: { one: 'sleep 3', two: 'sleep 2' } });
    await fixture.cluster.apply({ plan, signal: never });
    const all = await Promise.all(Array.from({ length: 20 }, () => readToEnd({ cluster: fixture.cluster, plan })));
    for (const { transitions, job } of all) {
      expect(job).toBe('succeeded');
      expect(transitions).toEqual(all[0]?.transitions);
    }
    const watched = stream.mock.calls
      .map(([{ request }]) => request)
      .filter(({ query }) => query?.['watch'] === 'true');
    const kinds = watched.map(({ path }) => path.split('/').at(-1)).toSorted();
    expect(kinds).toEqual(['events', 'jobs', 'pods']);
  });

  test('a kubeconfig that tells of another address by now is read again once the old one does not answer', async () => {
    const directory = temporaryDirectory('kubeconfig-moved');
    const { context, namespace } = fixture;
    const elsewhere = await changedKubeconfig({ directory, context, server: 'https://127.0.0.1:1' });
    const before = process.env['KUBECONFIG'] ?? '';
    const now = await readFile(before, 'utf8');
    process.env['KUBECONFIG'] = elsewhere;
    const cluster = createKubeconfigCluster({ context });
    const job = { namespace, jobName: 'none' };
    try {
      await expect(cluster.readJob(job)).rejects.toMatchObject({ name: 'UnreachableError' });
      await expect(cluster.readJob(job)).rejects.toMatchObject({ name: 'UnreachableError' });
      await writeFile(elsewhere, now);
      await expect(cluster.readJob(job)).rejects.toMatchObject({ name: 'UnreachableError' });
      expect(await cluster.readJob(job)).toBeNull();
    } finally {
      process.env['KUBECONFIG'] = before;
      await cluster.close();
    }
  });

  test('a run is followed across an outage of the API server, without a gap and without a repetition', async () => {
    await throughForwarder(fixture, async ({ forwarder, cluster }) => {
      const plan = fixture.plan({ scripts: { one: 'echo ready; sleep 4', two: 'sleep 1' } });
      await fixture.cluster.apply({ plan, signal: never });
      const followed = readToEnd({ cluster, plan });
      await untilLogged({ cluster: fixture.cluster, plan, stage: 'one', text: 'ready\n' });
      forwarder.cut();
      const whole = await readToEnd({ cluster: fixture.cluster, plan });
      forwarder.resume();
      expect(await followed).toMatchObject({ job: 'succeeded', transitions: whole.transitions });
    });
  });

  test('a Job that somebody deletes is lost, a Pod that somebody deletes fails its stage and its Job', async () => {
    const [job, pod] = ['echo ready; sleep 300', 'echo ready; sleep 300'].map((one) =>
      fixture.plan({ scripts: { one } }),
    );
    for (const plan of [job, pod]) {
      if (plan === undefined) continue;
      await fixture.cluster.apply({ plan, signal: never });
      await untilLogged({ cluster: fixture.cluster, plan, stage: 'one', text: 'ready\n' });
    }
    const followed = Promise.all([job, pod].map((plan) => readToEnd({ cluster: fixture.cluster, plan: plan as Plan })));
    await remove(fixture, `apis/batch/v1/namespaces/${fixture.namespace}/jobs/${job?.jobName}`);
    const [name] = await fixture.running(pod as Plan);
    await remove(fixture, `api/v1/namespaces/${fixture.namespace}/pods/${name}`);
    const [ofJob, ofPod] = await followed;
    expect(ofJob?.job).toBe('lost');
    expect(ofPod?.job).toBe('failed');
    expect(ofPod?.transitions.filter(({ phase }) => phase === 'failed')).toEqual([
      expect.objectContaining({ stage: 'one' }),
      expect.objectContaining({
        stage: null,
        reason: expect.stringMatching(/^the Job's Pod was deleted while one ran/),
      }),
    ]);
  });

  test('without the right to read nodes and events a run is followed all the same', async () => {
    await asServiceAccount({
      fixture,
      rules: [
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
      ],
      use: async (cluster) => {
        const plan = fixture.plan({ scripts: { one: 'true', two: 'sleep 1' } });
        await fixture.cluster.apply({ plan, signal: never });
        const { transitions, job } = await readToEnd({ cluster, plan });
        expect(job).toBe('succeeded');
        expect(
          transitions.filter(({ stage }) => stage !== 'image-pull').map(({ stage, phase }) => [stage, phase]),
        ).toEqual([
          ['one', 'started'],
          ['one', 'finished'],
          ['two', 'started'],
          ['two', 'finished'],
          [null, 'finished'],
        ]);
      },
    });
  });

  test('a right that is missing is named, with where to get it, and not asked for again and again', async () => {
    await asServiceAccount({
      fixture,
      rules: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] }],
      use: async (cluster) => {
        const plan = fixture.plan({ scripts: { one: 'true' } });
        const applying = cluster.apply({ plan, signal: never });
        await expect(applying).rejects.toThrow(/create Job .*cannot create resource "jobs" .*deploy\//s);
        await expect(applying).rejects.toBeInstanceOf(InvalidInputError);
      },
    });
  });
});

/** A cluster whose way to the API server leads through a forwarder. */
async function throughForwarder(
  fixture: KubeconfigFixture,
  use: (input: { readonly forwarder: TcpForwarder; readonly cluster: KubeconfigCluster }) => Promise<void>,
): Promise<void> {
  const { context } = fixture;
  const server = new URL(loadKubeConfig({ context }).getCurrentCluster()?.server ?? '');
  const forwarder = await startTcpForwarder({ host: server.hostname, port: Number(server.port) });
  try {
    const directory = temporaryDirectory('kubeconfig');
    const file = await changedKubeconfig({ directory, context, server: `https://127.0.0.1:${forwarder.port}` });
    await withCluster({ context, file, use: (cluster) => use({ forwarder, cluster }) });
  } finally {
    await forwarder.close();
  }
}

/** A cluster with the rights of a service account of the fixture's namespace. */
async function asServiceAccount(input: {
  readonly fixture: KubeconfigFixture;
  readonly rules: readonly unknown[];
  readonly use: (cluster: KubeconfigCluster) => Promise<void>;
}): Promise<void> {
  const { client, namespace, context } = input.fixture;
  const post = async <T>(path: string, body: unknown): Promise<T> =>
    (await client.json<T>({ method: 'POST', path, body, what: `create ${path}` })).body;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'limited' } });
  await post(`${rbac}/roles`, { metadata: { name: 'limited' }, rules: input.rules });
  await post(`${rbac}/rolebindings`, {
    metadata: { name: 'limited' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'limited' },
    subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace }],
  });
  const { status } = await post<{ readonly status: { readonly token: string } }>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/limited/token`,
    { spec: {} },
  );
  const directory = temporaryDirectory('kubeconfig');
  const file = await changedKubeconfig({ directory, context, user: { token: status.token } });
  await withCluster({ context, file, use: input.use });
}

async function withCluster(input: {
  readonly context: string;
  readonly file: string;
  readonly use: (cluster: KubeconfigCluster) => Promise<void>;
}): Promise<void> {
  const before = process.env['KUBECONFIG'] ?? '';
  process.env['KUBECONFIG'] = input.file;
  const cluster = createKubeconfigCluster({ context: input.context });
  cluster.client.config();
  process.env['KUBECONFIG'] = before;
  try {
    await input.use(cluster);
  } finally {
    await cluster.close();
  }
}

async function remove(fixture: KubeconfigFixture, path: string): Promise<void> {
  await fixture.client.json({
    method: 'DELETE',
    path: `/${path}`,
    body: { propagationPolicy: 'Background' },
    what: `delete ${path}`,
  });
}
