// A cluster of the user's that tests run on in place of the project's own, as the environment tells of it.
//   PROXYBENCH_E2E_KUBECONFIG   its kubeconfig; unset: the project's own cluster
//   PROXYBENCH_E2E_CONTEXT      default: the kubeconfig's current context
//   PROXYBENCH_E2E_NODE         default: the first node
//   PROXYBENCH_E2E_NAMESPACE    of the Jobs; default platform-infra, where the Service sub2api-egress-proxy is in any case
//   PROXYBENCH_E2E_TRANS_ROUTE  a route that `trans` on the PATH knows; default: none, and nothing is tested over trans
//   PROXYBENCH_E2E_NODE_ADDRESSES  what the proxy sees the node as, by commas, where the cluster does not tell; see `doctor`
//   PROXYBENCH_E2E_IMAGE        a few MiB with a shell; default docker.io/library/busybox:1.37.0
//   PROXYBENCH_E2E_REPOSITORY   a small Git repository that Pods can clone; default https://github.com/jqlang/jq.git
// The Clash API's secret comes with SUB2API_EGRESS_PROXY_CONTROL_SECRET, as ever.

export interface UsersCluster {
  readonly kubeconfigFile: string;
  /** Null: the kubeconfig's current one. */
  readonly context: string | null;
  /** Null: the first. */
  readonly node: string | null;
  /** Null: the usual one. */
  readonly namespace: string | null;
  /** Null: nothing is tested over trans. */
  readonly transRoute: string | null;
  readonly nodeAddresses: readonly string[];
  readonly image: string;
  readonly repository: string;
}

/** Null when tests run on the project's own. */
export function usersCluster(): UsersCluster | null {
  const kubeconfigFile = told('KUBECONFIG');
  if (kubeconfigFile === null) return null;
  return {
    kubeconfigFile,
    context: told('CONTEXT'),
    node: told('NODE'),
    namespace: told('NAMESPACE'),
    transRoute: told('TRANS_ROUTE'),
    nodeAddresses: (told('NODE_ADDRESSES') ?? '').split(',').filter((address) => address !== ''),
    image: told('IMAGE') ?? 'docker.io/library/busybox:1.37.0',
    repository: told('REPOSITORY') ?? 'https://github.com/jqlang/jq.git',
  };
}

/** Why what needs the project's own cluster is left out: the user has named another. Null when tests run on the own one. */
export function whyNotOwnCluster(): string | null {
  return usersCluster() === null
    ? null
    : "it needs the project's own test cluster, and PROXYBENCH_E2E_KUBECONFIG names another";
}

function told(name: string): string | null {
  return process.env[`PROXYBENCH_E2E_${name}`] || null;
}
