// Starts every component in the order in which they need each other.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import type { Built } from './build.ts';
import { makeCertificates } from './certificate-set.ts';
import { makeCgroup } from './cgroups.ts';
import { startComponent, waitUntilReady } from './component.ts';
import type { ComponentSpec } from './component.ts';
import { containerdSpec, ctr } from './container-runtime.ts';
import { apiServerSpec, controllerManagerSpec, etcdSpec, schedulerSpec } from './control-plane.ts';
import { describeCluster } from './describe-cluster.ts';
import { coreDnsSpec } from './dns.ts';
import { gitServerSpec } from './git-service.ts';
import { importImage } from './images/import-image.ts';
import { pushImage } from './images/push-image.ts';
import { adminKubectl, isNodeReady } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { ADDRESS, NAMESPACE, NODE_NAME, PORTS, PROXY_SERVICE } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { setUpNetwork } from './network.ts';
import { kubeletSpec, kubeProxySpec } from './node.ts';
import { initialObjects } from './proxy-objects.ts';
import { registryFrontSpec, registrySpec, REGISTRY_STORAGE_URL, REGISTRY_URL } from './registry.ts';
import { sshdSpec } from './remote-shell.ts';
import { runOrNull } from './run.ts';
import type { TestCluster } from './test-cluster.ts';

const READY_WITHIN_MS = 60_000;

interface StartRequest {
  readonly layout: ClusterLayout;
  readonly built: Built;
  readonly onProgress: (line: string) => void;
}

/** Starts it all. @throws Error with the end of the log of what did not become ready */
export async function startCluster({ layout, built, onProgress }: StartRequest): Promise<TestCluster> {
  const programs = built.kubernetes.directory;
  const kubectl = adminKubectl({ layout, programs });
  const controlSecret = randomBytes(24).toString('base64url');
  const start = async (spec: ComponentSpec, isReady?: () => Promise<boolean>): Promise<void> => {
    const record = await startComponent({ layout, spec });
    if (isReady !== undefined) await waitUntilReady({ record, isReady, withinMs: READY_WITHIN_MS });
  };

  onProgress('starting etcd and the API server');
  await setUpNetwork(layout);
  makeCgroup();
  const certificates = await makeCertificates(layout);
  await start(etcdSpec({ layout }));
  const apiServer = start(apiServerSpec({ layout, certificates, programs }), () => isApiReady(kubectl));

  const runtime = startRuntime({ layout, built, start });
  const registry = startRegistry({ layout, built, start, onProgress });
  await apiServer;
  onProgress(
    'the API server is ready; starting controllers, scheduler, kubelet, kube-proxy, CoreDNS, Git server, sshd',
  );
  await Promise.all([
    start(controllerManagerSpec({ layout, certificates, programs })),
    start(schedulerSpec({ layout, programs })),
    start(kubeProxySpec({ layout, programs })),
    start(coreDnsSpec({ layout, binary: built.coreDns })),
    start(await gitServerSpec({ layout, directory: built.repositories.directory }), () => isListening(PORTS.git)),
    start(await sshdSpec({ layout, programs }), () => isListening(PORTS.sshd)),
    kubectl(['apply', '-f', '-'], JSON.stringify(initialObjects({ controlSecret }))),
  ]);
  await runtime;
  await start(kubeletSpec({ layout, certificates, programs }), () => isNodeReady({ kubectl, node: NODE_NAME }));
  onProgress('the node is Ready; waiting for the proxy Pod');
  await kubectl(['-n', NAMESPACE, 'rollout', 'status', `deployment/${PROXY_SERVICE}`, '--timeout=55s']);
  await registry;
  return describeCluster({ layout, built, controlSecret });
}

/** containerd, with the images that are never pulled. */
async function startRuntime(input: {
  readonly layout: ClusterLayout;
  readonly built: Built;
  readonly start: (spec: ComponentSpec, isReady: () => Promise<boolean>) => Promise<void>;
}): Promise<void> {
  const { layout, built, start } = input;
  const command = ctr(layout);
  const spec = await containerdSpec({ layout, throughProxy: true });
  await start(
    spec,
    async () => existsSync(layout.containerdSocket) && (await runOrNull([...command, 'images', 'ls', '-q'])) !== null,
  );
  for (const image of built.imported) await importImage({ image, cache: layout.cache, ctr: command });
}

/** The registry and its front, with the images that are pulled. */
async function startRegistry(input: {
  readonly layout: ClusterLayout;
  readonly built: Built;
  readonly start: (spec: ComponentSpec, isReady: () => Promise<boolean>) => Promise<void>;
  readonly onProgress: (line: string) => void;
}): Promise<void> {
  const { layout, built, start, onProgress } = input;
  await start(registrySpec(layout), () => answers(`${REGISTRY_STORAGE_URL}/v2/`));
  await start(registryFrontSpec(layout), () => answers(`${REGISTRY_URL}/v2/`));
  onProgress(`the registry answers; it gets ${built.pushed.map(({ name }) => name).join(', ')}`);
  for (const image of built.pushed) await pushImage({ image, registryUrl: REGISTRY_STORAGE_URL });
}

async function isApiReady(kubectl: Kubectl): Promise<boolean> {
  return (await kubectl(['get', '--raw', '/readyz'])) === 'ok';
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, ADDRESS);
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
}
