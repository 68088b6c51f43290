// Under which addresses the proxy may see a run: its Pods', and its node's, which pulls the images.
import { isIPv4 } from 'node:net';
import type { KnownClients } from '../../evidence/evidence.ts';
import type { KubeNode, KubePod } from './kube-objects.ts';

/** Addresses as far as they are known by now, each once. `nodeAddresses`: those that the configuration adds. */
export function knownClients(input: {
  readonly pods: readonly KubePod[];
  readonly node?: KubeNode | null;
  readonly nodeAddresses?: readonly string[];
}): KnownClients {
  const { pods, node, nodeAddresses = [] } = input;
  const podRanges = node?.spec?.podCIDRs ?? (node?.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
  const own = (node?.status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => address);
  const hosts = pods.flatMap(({ status }) => [...(status?.hostIPs ?? []).map(({ ip }) => ip), status?.hostIP]);
  return {
    pod: unique(pods.flatMap(({ status }) => [...(status?.podIPs ?? []).map(({ ip }) => ip), status?.podIP])),
    node: unique([...nodeAddresses, ...own, ...hosts, ...podRanges.flatMap(firstAddresses)]),
  };
}

/**
 * What Pods see a node as that has this range: the range's first address where a bridge took it, on a node beside theirs
 * the range's own address, which is what a tunnel between nodes (flannel's for one) sends from.
 */
function firstAddresses(range: string): readonly string[] {
  const [network = ''] = range.split('/');
  if (isIPv4(network)) {
    const [a, b, c, d] = network.split('.').map(Number);
    return [`${a}.${b}.${c}.${(d ?? 0) + 1}`, network];
  }
  return network.endsWith('::') ? [`${network}1`, network] : [];
}

function unique(addresses: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(addresses.filter((address) => address !== undefined && address !== ''))] as string[];
}
