// The real cluster that end-to-end tests run on: the project's own test cluster, or one of the user's.
import { takeDown } from '../cluster/down.ts';
import { clusterLayout } from '../cluster/layout.ts';
import { run } from '../cluster/run.ts';
import type { TestCluster } from '../cluster/test-cluster.ts';
import { bringUp } from '../cluster/up.ts';
import { whyNoTestCluster } from '../cluster/why-no-test-cluster.ts';
import { type UsersCluster, usersCluster } from './users-cluster.ts';

export const CONTROL_SECRET_VARIABLE = 'SUB2API_EGRESS_PROXY_CONTROL_SECRET';
export const CONTROL_PORT = 9090;
export const PROXY_NAMESPACE = 'platform-infra';
export const PROXY_SERVICE = 'sub2api-egress-proxy';

export interface RealCluster {
  /** Whether it is the project's own: only there can faults be injected and images forgotten. */
  readonly isOwn: boolean;
  readonly kubeconfigFile: string;
  readonly context: string;
  readonly node: string;
  /** Of the Jobs. */
  readonly namespace: string;
  /** Under which the proxy sees the node, beyond what the cluster tells. */
  readonly nodeAddresses: readonly string[];
  readonly controlSecret: string;
  /** `directory` holds the program where it is not on the PATH. */
  readonly trans: { readonly route: string; readonly directory: string | null } | null;
  /** A few MiB with a shell, pulled in no time. */
  readonly tinyImage: string;
  /** A small repository that Pods can clone through the proxy. */
  readonly smallRepository: string;
  /** A shell's command that fetches some MiB through the proxy and fails unless they come whole; null on a user's cluster. */
  readonly smallDownload: string | null;
  readonly kubectl: Kubectl;
  /** argv of kubectl for this cluster and context, to be followed by its arguments. */
  readonly kubectlCommand: readonly string[];
  /** Takes it down when it was brought up for these tests. */
  release(): Promise<void>;
}

export type Kubectl = (...args: readonly string[]) => Promise<string>;

/** Null where these tests can run, else why they cannot. */
export function whyNoRealCluster(): string | null {
  return usersCluster() === null ? whyNoTestCluster() : null;
}

/** Why what needs injected faults or cold images is left out; null on the project's own cluster. */
export function whyNoFaults(): string | null {
  return usersCluster() === null
    ? whyNoTestCluster()
    : "faults are only injected into the project's own test cluster, and PROXYBENCH_E2E_KUBECONFIG names another";
}

/** Why nothing is tested over trans; null where it is. */
export function whyNoTrans(): string | null {
  return usersCluster()?.transRoute === null ? 'PROXYBENCH_E2E_TRANS_ROUTE is not set' : whyNoRealCluster();
}

/** Finds it, and brings the project's own up when it is down (half a minute; minutes when it was never built). */
export async function openRealCluster(): Promise<RealCluster> {
  const users = usersCluster();
  return users === null ? openOwn() : openUsers(users);
}

async function openOwn(): Promise<RealCluster> {
  const layout = clusterLayout(process.env);
  const onProgress = (line: string): boolean => process.stderr.write(`test cluster: ${line}\n`);
  const { cluster, wasUp } = await bringUp({ layout, env: process.env, onProgress });
  const { kubeconfigFile, context, nodeName, controlSecret, transRoute, transDirectory } = cluster;
  const kubectlCommand = [cluster.kubectl, '--kubeconfig', kubeconfigFile, '--context', context];
  const image = 'proxybench/probe';
  return {
    isOwn: true,
    kubeconfigFile,
    context,
    node: nodeName,
    namespace: PROXY_NAMESPACE,
    nodeAddresses: [cluster.addresses.bridge],
    controlSecret,
    trans: { route: transRoute, directory: transDirectory },
    tinyImage: `docker.io/${image}:1`,
    smallRepository: 'https://github.com/small/small.git',
    smallDownload: await downloadCommand({ cluster, image, tag: '1' }),
    kubectl: (...args) => run([...kubectlCommand, ...args]),
    kubectlCommand,
    release: async () => {
      if (!wasUp) await takeDown({ layout, caches: false, onProgress });
    },
  };
}

async function openUsers(users: UsersCluster): Promise<RealCluster> {
  const { kubeconfigFile, nodeAddresses, transRoute } = users;
  const base = ['kubectl', '--kubeconfig', kubeconfigFile];
  const context = users.context ?? (await run([...base, 'config', 'current-context'])).trim();
  const kubectlCommand = [...base, '--context', context];
  const kubectl: Kubectl = (...args) => run([...kubectlCommand, ...args]);
  const firstNode = String.raw`jsonpath={.items[0].metadata.labels.kubernetes\.io/hostname}`;
  const controlSecret = process.env[CONTROL_SECRET_VARIABLE];
  if (controlSecret === undefined) throw new Error(`${CONTROL_SECRET_VARIABLE} is not set`);
  return {
    isOwn: false,
    kubeconfigFile,
    context,
    node: users.node ?? (await kubectl('get', 'nodes', '-o', firstNode)),
    namespace: users.namespace ?? PROXY_NAMESPACE,
    nodeAddresses,
    controlSecret,
    trans: transRoute === null ? null : { route: transRoute, directory: null },
    tinyImage: users.image,
    smallRepository: users.repository,
    smallDownload: null,
    kubectl,
    kubectlCommand,
    release: () => Promise.resolve(),
  };
}

/**
 * Fetches the layer that makes up most of an image, as the registry's own manifest tells. Spoken by hand to the Service's
 * address: a static busybox finds no hosts, and its wget ends with a broken memory access where it would have to.
 */
async function downloadCommand(input: {
  readonly cluster: TestCluster;
  readonly image: string;
  readonly tag: string;
}): Promise<string> {
  const { cluster, image, tag } = input;
  const { addresses, clusterIp } = cluster;
  const answer = await fetch(`${addresses.registryStorage}/v2/${image}/manifests/${tag}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const { layers } = (await answer.json()) as { layers: readonly { digest: string; size: number }[] };
  const largest = layers.toSorted((a, b) => b.size - a.size)[0];
  if (largest === undefined) throw new Error(`${image}:${tag} has no layers`);
  const request = `GET ${addresses.registry}/v2/${image}/blobs/${largest.digest} HTTP/1.0\\r\\n\\r\\n`;
  const proxyPort = new URL(cluster.proxyUrl).port;
  return `[ "$(printf '${request}' | nc -w 5 ${clusterIp} ${proxyPort} | wc -c)" -gt ${largest.size} ]`;
}
