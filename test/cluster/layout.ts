// Where everything of the test cluster is and what it is called: one list for those who start, use and remove it.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../src/processes/go-install.ts';
import type { EnvironmentMarker } from '../../src/processes/marked-processes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** An address of its own (from the range for documentation), so that nothing collides and nobody calls it loopback. */
export const ADDRESS = '198.51.100.10';
export const POD_NETWORK = '10.244.0.0/24';
export const SERVICE_NETWORK = '10.96.0.0/16';
/** The API server's own Service. */
export const API_SERVICE_ADDRESS = '10.96.0.1';
export const PROXY_ADDRESS = '10.96.0.90';
export const PROXY_PORT = 7890;
export const CONTROL_PORT = 9090;

export const BRIDGE = 'pxb0';
export const NFT_TABLE = 'proxybench_test_cluster';
/** What kube-proxy makes, in families ip and ip6. */
export const KUBE_PROXY_TABLE = 'kube-proxy';
export const CGROUP = 'proxybench-test-cluster';

export const NODE_NAME = 'proxybench-node';
export const NAMESPACE = 'platform-infra';
export const CONTEXT = 'proxybench-test';
export const PROXY_SERVICE = 'sub2api-egress-proxy';
export const CONTROL_SECRET = 'sub2api-egress-proxy-control';
export const TRANS_ROUTE = 'test';

export const PORTS = {
  apiServer: 6443,
  kubelet: 10250,
  registry: 5000,
  git: 443,
  dns: 53,
  sshd: 2222,
  /** These are on 127.0.0.1. */
  etcdClients: 23790,
  etcdPeers: 23800,
  registryStorage: 23805,
} as const;

/** The variable by which every process of the test cluster is found again; its value is the state directory. */
export const MARKER_VARIABLE = 'PROXYBENCH_TEST_CLUSTER';

/** The directories of one user's test cluster. */
export interface ClusterLayout {
  /** What can be built or fetched again; outlives the cluster. */
  readonly cache: string;
  /** Everything of the running cluster; gone after `down`. */
  readonly state: string;
  readonly stateFile: string;
  /** Who is bringing the cluster up or taking it down right now. */
  readonly lockFile: string;
  /** Names of the installed packages, while others are being installed. */
  readonly packagesFile: string;
  readonly logs: string;
  readonly certificates: string;
  readonly kubeconfigs: string;
  /** One JSON file for each component. */
  readonly components: string;
  readonly config: string;
  readonly bin: string;
  readonly faults: string;
  readonly kubelet: string;
  readonly containerd: string;
  readonly containerdSocket: string;
  /** For the admin; the one that people use. */
  readonly kubeconfigFile: string;
  readonly programs: string;
  readonly marker: EnvironmentMarker;
}

/** XDG_CACHE_HOME and XDG_STATE_HOME decide, else ~/.cache and ~/.local/state. */
export function clusterLayout(env: Environment): ClusterLayout {
  const stateHome = env['XDG_STATE_HOME'] ?? '';
  const base = stateHome === '' ? join(env['HOME'] ?? homedir(), '.local', 'state') : stateHome;
  const state = join(base, 'proxybench', 'test-cluster');
  const cache = join(cacheDirectory(env), 'test-cluster');
  return {
    cache,
    state,
    stateFile: join(state, 'state.json'),
    lockFile: `${state}.lock`,
    packagesFile: `${state}.packages-before`,
    logs: join(state, 'logs'),
    certificates: join(state, 'certificates'),
    kubeconfigs: join(state, 'kubeconfigs'),
    components: join(state, 'components'),
    config: join(state, 'config'),
    bin: join(state, 'bin'),
    faults: join(state, 'faults'),
    kubelet: join(state, 'kubelet'),
    containerd: join(state, 'containerd'),
    containerdSocket: join(state, 'containerd', 'containerd.sock'),
    kubeconfigFile: join(state, 'kubeconfig'),
    programs: join(cache, 'programs'),
    marker: { name: MARKER_VARIABLE, value: state },
  };
}
