// What the running test cluster tells its users: one file, written by `up`, read by tests, faults and people.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { clusterLayout } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

/** The state file, whole. It holds a secret and is readable by its owner only. */
export interface TestCluster {
  readonly version: 1;
  readonly startedAt: string;
  /** For the admin; its current context is `context`, its namespace `namespace`. */
  readonly kubeconfigFile: string;
  readonly context: string;
  readonly nodeName: string;
  readonly namespace: string;
  /** Path of the kubectl of the cluster's own version. */
  readonly kubectl: string;
  readonly kubernetesVersion: string;
  /** Name of the egress proxy's Service, Deployment and `app` label. */
  readonly proxyService: string;
  /** As Pods name it. */
  readonly proxyUrl: string;
  readonly clusterIp: string;
  /** Bearer secret of the Clash API on the proxy Pod's loopback. */
  readonly controlSecret: string;
  readonly controlPort: number;
  /** Holds the program `trans`. */
  readonly transDirectory: string;
  readonly transRoute: string;
  readonly addresses: {
    /** Of API server, kubelet, registry, Git server, DNS and sshd; the node's InternalIP. */
    readonly node: string;
    /** The Pods' gateway: what the proxy Pod sees of a client on the node. */
    readonly bridge: string;
    readonly podNetwork: string;
    readonly serviceNetwork: string;
    readonly apiServer: string;
    readonly registry: string;
    /** Where images are pushed, past the front that can misbehave. */
    readonly registryStorage: string;
  };
  /** CA of the API server. */
  readonly caFile: string;
  /** CA of https://github.com as this cluster's Pods see it. */
  readonly gitCaFile: string;
  readonly logsDirectory: string;
  readonly stateDirectory: string;
  readonly cacheDirectory: string;
  /** Images that can be pulled: `docker.io/library/alpine:3.20`. */
  readonly images: readonly string[];
  /** Clone URLs, for Pods: `https://github.com/git/git.git`. */
  readonly repositories: readonly string[];
}

/** The running cluster of this user, or null when there is none. */
export function readTestCluster(layout: ClusterLayout = clusterLayout(process.env)): TestCluster | null {
  if (!existsSync(layout.stateFile)) return null;
  return JSON.parse(readFileSync(layout.stateFile, 'utf8')) as TestCluster;
}

/** Written whole or not at all. */
export function writeTestCluster(input: { readonly layout: ClusterLayout; readonly cluster: TestCluster }): void {
  const { stateFile } = input.layout;
  writeFileSync(`${stateFile}.new`, `${JSON.stringify(input.cluster, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${stateFile}.new`, stateFile);
}
