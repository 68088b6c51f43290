// How each component of the test cluster is doing.
import { isRunning } from '../../src/processes/process-identity.ts';
import { isNodeReady } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { readComponents } from './component.ts';
import { NAMESPACE, NODE_NAME, PROXY_SERVICE } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { readTestCluster } from './test-cluster.ts';
import { run } from './run.ts';

/** One line of the table. */
export interface ComponentStatus {
  readonly component: string;
  readonly pid: number | null;
  readonly state: 'running' | 'ended' | 'ready' | 'not ready';
  readonly since: string | null;
}

export interface ClusterStatus {
  /** `up`: all of it; `partly`: some of it; `down`: nothing was started or all is removed. */
  readonly cluster: 'up' | 'partly' | 'down';
  readonly components: readonly ComponentStatus[];
}

/** Processes by their identity, node and proxy by the API server's word. */
export async function clusterStatus(layout: ClusterLayout): Promise<ClusterStatus> {
  const processes = readComponents(layout).map<ComponentStatus>((record) => {
    const runs = isRunning(record.process);
    return {
      component: record.name,
      pid: runs ? record.process.pid : null,
      state: runs ? 'running' : 'ended',
      since: runs ? record.startedAt : null,
    };
  });
  if (processes.length === 0) return { cluster: 'down', components: [] };
  const cluster = readTestCluster(layout);
  if (cluster === null) return { cluster: 'partly', components: processes };
  const kubectl: Kubectl = (args) =>
    run([cluster.kubectl, '--kubeconfig', cluster.kubeconfigFile, '--request-timeout=5s', ...args], {
      timeoutMs: 8000,
    });
  const [node, proxy] = await Promise.all([
    isNodeReady({ kubectl, node: NODE_NAME }).catch(() => false),
    readyReplicas(kubectl).catch(() => 0),
  ]);
  const components: readonly ComponentStatus[] = [
    ...processes,
    { component: `node ${NODE_NAME}`, pid: null, state: node ? 'ready' : 'not ready', since: null },
    { component: `Deployment ${PROXY_SERVICE}`, pid: null, state: proxy > 0 ? 'ready' : 'not ready', since: null },
  ];
  const isUp = components.every(({ state }) => state === 'running' || state === 'ready');
  return { cluster: isUp ? 'up' : 'partly', components };
}

async function readyReplicas(kubectl: Kubectl): Promise<number> {
  const path = 'jsonpath={.status.readyReplicas}';
  return Number(await kubectl(['-n', NAMESPACE, 'get', 'deployment', PROXY_SERVICE, '-o', path]));
}
