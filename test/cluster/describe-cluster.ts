// The state file's content, from what was built and started.
import { join } from 'node:path';
import type { Built } from './build.ts';
import { API_SERVER_URL } from './certificate-set.ts';
import { ADDRESS, CONTEXT, CONTROL_PORT, NAMESPACE, NODE_NAME, POD_NETWORK, PROXY_ADDRESS } from './layout.ts';
import { PROXY_PORT, PROXY_SERVICE, SERVICE_NETWORK, TRANS_ROUTE } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { REGISTRY_STORAGE_URL, REGISTRY_URL } from './registry.ts';
import type { TestCluster } from './test-cluster.ts';

/** @param input.controlSecret the Clash API's secret of this start */
export function describeCluster(input: {
  readonly layout: ClusterLayout;
  readonly built: Built;
  readonly controlSecret: string;
}): TestCluster {
  const { layout, built, controlSecret } = input;
  return {
    version: 1,
    startedAt: new Date().toISOString(),
    kubeconfigFile: layout.kubeconfigFile,
    context: CONTEXT,
    nodeName: NODE_NAME,
    namespace: NAMESPACE,
    kubectl: join(built.kubernetes.directory, 'kubectl'),
    kubernetesVersion: built.kubernetes.version,
    proxyService: PROXY_SERVICE,
    proxyUrl: `http://${PROXY_SERVICE}.${NAMESPACE}.svc:${PROXY_PORT}`,
    clusterIp: PROXY_ADDRESS,
    controlSecret,
    controlPort: CONTROL_PORT,
    transDirectory: layout.bin,
    transRoute: TRANS_ROUTE,
    addresses: {
      node: ADDRESS,
      bridge: POD_NETWORK.replace(/\d+\/\d+$/, '1'),
      podNetwork: POD_NETWORK,
      serviceNetwork: SERVICE_NETWORK,
      apiServer: API_SERVER_URL,
      registry: REGISTRY_URL,
      registryStorage: REGISTRY_STORAGE_URL,
    },
    caFile: join(layout.certificates, 'ca.crt'),
    gitCaFile: join(layout.cache, 'git-authority', 'ca.crt'),
    logsDirectory: layout.logs,
    stateDirectory: layout.state,
    cacheDirectory: layout.cache,
    images: built.pushed.map(({ name }) => `docker.io/${name}`),
    repositories: built.repositories.paths.map((path) => `https://github.com/${path}`),
  };
}
