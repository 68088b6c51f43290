// A namespace of its own on a real cluster: the project's test cluster, or the one that PROXYBENCH_E2E_KUBECONFIG names.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiPath, KubeClient } from '../../src/cluster/kubeconfig/kube-client.ts';
import { createKubeconfigCluster } from '../../src/cluster/kubeconfig/kubeconfig-cluster.ts';
import { loadKubeConfig } from '../../src/cluster/kubeconfig/kube-config.ts';
import type { KubePod } from '../../src/cluster/kubernetes/kube-objects.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { renderObjects } from '../../src/profiles/job.ts';
import { readTestCluster } from '../cluster/test-cluster.ts';
import { whyNoTestCluster } from '../cluster/why-no-test-cluster.ts';
import type { ClusterFixture } from '../contract/cluster-contract.ts';
import { buildPlan, buildScript } from './plan-builder.ts';
import { usersCluster } from './users-cluster.ts';

/** A cluster to test on. */
export interface RealCluster {
  readonly kubeconfigFile: string;
  /** The context to use; the file's current one when left out. */
  readonly context?: string;
  /** An image with a shell and the usual small programs, which the cluster can pull. */
  readonly image: string;
  /** Where Jobs run; the first node with a kubelet when left out. */
  readonly node?: string;
}

/** The cluster to test on, or why there is none. */
export function findRealCluster(): RealCluster | { readonly whyNot: string } {
  const users = usersCluster();
  if (users !== null) {
    const { kubeconfigFile, context, image, node } = users;
    return { kubeconfigFile, image, ...(context !== null && { context }), ...(node !== null && { node }) };
  }
  const cluster = readTestCluster();
  if (cluster === null) return { whyNot: whyNoTestCluster() ?? 'no test cluster runs: npm run cluster -- up' };
  const { kubeconfigFile, context, nodeName: node } = cluster;
  return { kubeconfigFile, context, node, image: 'docker.io/proxybench/probe:1' };
}

export interface KubeconfigFixture extends ClusterFixture {
  readonly client: KubeClient;
  readonly context: string;
  readonly namespace: string;
}

/** Opens two clusters, as two workers would, and makes a namespace; `dispose` takes it away with all that is in it. */
export async function openKubeconfigFixture(real: RealCluster): Promise<KubeconfigFixture> {
  const before = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = real.kubeconfigFile;
  const context = real.context ?? currentContext();
  const client = new KubeClient({ context });
  const namespace = `contract-${randomUUID().slice(0, 8)}`;
  await client.json({
    method: 'POST',
    path: apiPath('api/v1', null, 'namespaces'),
    body: { metadata: { name: namespace } },
    what: `create namespace ${namespace}`,
  });
  const node = real.node ?? (await firstNode(client));
  const cluster = createKubeconfigCluster({ context });
  const again = createKubeconfigCluster({ context });
  return {
    client,
    context,
    namespace,
    cluster,
    again,
    clockResolutionMs: 1_000,
    plan: ({ scripts, stage, plan }) => {
      const stages = Object.entries(scripts).map(([name, script]) =>
        buildScript({ images: [real.image], ...stage, name, script }),
      );
      const runId = `test-${randomUUID().slice(0, 13)}`;
      const target = { name: 'real', node, namespace, connection: { reach: 'kubeconfig', context } } as const;
      const labels = { 'app.kubernetes.io/managed-by': 'proxybench', 'proxybench.dev/run': runId };
      return withObjects(buildPlan({ runId, kind: 'k3s-real-deps', stages, target, labels, ...plan }));
    },
    running: async (plan) => {
      const { body } = await client.json<{ readonly items: readonly KubePod[] }>({
        path: apiPath('api/v1', namespace, 'pods'),
        query: { labelSelector: `proxybench.dev/run=${plan.runId}` },
        what: 'list Pods',
      });
      const live = body.items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
      return live.map(({ metadata }) => metadata?.name ?? '');
    },
    dispose: async () => {
      await Promise.all([cluster.close(), again.close()]);
      await client.json({
        method: 'DELETE',
        path: apiPath('api/v1', null, 'namespaces', namespace),
        what: `delete namespace ${namespace}`,
        tolerated: [404, 409],
      });
      await client.close();
      if (before === undefined) delete process.env['KUBECONFIG'];
      else process.env['KUBECONFIG'] = before;
    },
  };
}

/** A kubeconfig like the one in use, changed; its path. `user` takes the place of the user's credentials. */
export async function changedKubeconfig(input: {
  readonly directory: string;
  readonly context: string;
  readonly server?: string;
  readonly user?: Readonly<Record<string, string>>;
}): Promise<string> {
  const config = loadKubeConfig({ context: input.context });
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (cluster === null || user === null) throw new Error('the kubeconfig lacks a cluster or a user');
  config.loadFromClusterAndUser(
    { ...cluster, name: 'cluster', server: input.server ?? cluster.server },
    input.user === undefined ? { ...user, name: 'user' } : { name: 'user', ...input.user },
  );
  config.contexts = [{ name: input.context, cluster: 'cluster', user: 'user' }];
  config.setCurrentContext(input.context);
  const file = join(input.directory, 'kubeconfig');
  await writeFile(file, config.exportConfig(), { mode: 0o600 });
  return file;
}

/** The plan with its objects as the profile renders them. */
export function withObjects(plan: Plan): Plan {
  const resources = { cpuMillicores: 500, memoryMiB: 128, diskMiB: 64 };
  return { ...plan, objects: renderObjects({ plan, resources }) };
}

/** A Node without a kubelet is only an object, as other tests make them: no Pod ever runs there. */
async function firstNode(client: KubeClient): Promise<string> {
  const { body } = await client.json<{ readonly items: readonly ReportedNode[] }>({
    path: apiPath('api/v1', null, 'nodes'),
    what: 'list nodes',
  });
  const found = body.items.find(({ status }) => (status?.nodeInfo?.kubeletVersion ?? '') !== '')?.metadata?.name;
  if (found === undefined) throw new Error('no node of the cluster has a kubelet');
  return found;
}

interface ReportedNode {
  readonly metadata?: { readonly name?: string };
  readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } };
}

function currentContext(): string {
  const config = loadKubeConfig({ context: 'in-cluster' });
  config.loadFromDefault(undefined, false);
  return config.getCurrentContext();
}
