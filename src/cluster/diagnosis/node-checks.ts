// What the node's own object tells: whether it is the one meant, takes Pods, has addresses and room, and keeps the time.
import { formatBytes } from '../../quantities/quantities.ts';
import type { Check } from '../cluster.ts';
import { knownClients } from '../kubernetes/known-clients.ts';
import { type KubeCondition, type KubeNode, timeOf } from '../kubernetes/kube-objects.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { type ApiAnswer, type ApiQuestion, isRefusedWith, objectOf, read, reasonOf } from './ask-api.ts';
import { well, wrong } from './check.ts';
import { clockCheck } from './clock-check.ts';

/** A node with what only `doctor` reads of it. */
export interface DiagnosedNode extends KubeNode {
  readonly metadata?: KubeNode['metadata'] & {
    readonly managedFields?: readonly {
      readonly manager?: string;
      readonly subresource?: string;
      readonly time?: string;
    }[];
  };
  readonly spec?: KubeNode['spec'] & {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  };
  readonly status?: Omit<NonNullable<KubeNode['status']>, 'conditions'> & {
    readonly conditions?: readonly (KubeCondition & { readonly lastHeartbeatTime?: string })[];
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly nodeInfo?: { readonly kubeletVersion?: string; readonly containerRuntimeVersion?: string };
  };
}

const HOSTNAME_LABEL = 'kubernetes.io/hostname';
/** A cordoned node carries this taint beside its mark. */
const CORDON_TAINT = 'node.kubernetes.io/unschedulable';

export function nodeQuestion({ node }: { readonly node: string }): ApiQuestion {
  return read({ group: 'api/v1', names: ['nodes', node.toLowerCase()] });
}

export function nodeChecks(input: {
  /** As the configuration names it. */
  readonly node: string;
  readonly targetName: string;
  readonly nodeAddresses: readonly string[];
  readonly diskBytes: number | undefined;
  readonly kubectl: string;
  readonly answer: ApiAnswer | undefined;
}): readonly Check[] {
  const { node, answer, kubectl, targetName } = input;
  const wanted = node.toLowerCase();
  const name = `node ${wanted}`;
  const found = objectOf<DiagnosedNode>(answer);
  if (found === null) {
    if (isRefusedWith(answer, 403)) {
      const hint = 'Runs go on without it; grant deploy/components/node-reader to have the node checked';
      return [wrong({ name, detail: 'may not be read', hint, advisory: true })];
    }
    const hint = `Correct targets.${targetName}.node in sub2api.yaml. There are: ${kubectl} get nodes -L ${HOSTNAME_LABEL}`;
    const detail = isRefusedWith(answer, 404) ? 'the cluster has no node of this name' : reasonOf(answer);
    return [wrong({ name, detail, hint })];
  }
  return [
    identityCheck({ name, wanted, found, targetName }),
    readyCheck({ found, kubectl, node: wanted }),
    addressCheck({ found, ...input }),
    diskCheck({ found, ...input }),
    nodeClockCheck({ found, node: wanted }),
  ];
}

function identityCheck(input: {
  readonly name: string;
  readonly wanted: string;
  readonly found: DiagnosedNode;
  readonly targetName: string;
}): Check {
  const { name, wanted, found, targetName } = input;
  const label = found.metadata?.labels?.[HOSTNAME_LABEL];
  const { kubeletVersion = 'unknown', containerRuntimeVersion = 'unknown' } = found.status?.nodeInfo ?? {};
  if (label === wanted) return well({ name, detail: `kubelet ${kubeletVersion}, ${containerRuntimeVersion}` });
  const detail = `its label ${HOSTNAME_LABEL} says ${label ?? 'nothing'}, so that no Job pinned to ${wanted} would start`;
  return wrong({ name, detail, hint: `Give targets.${targetName}.node in sub2api.yaml the label's value` });
}

function readyCheck({
  found,
  kubectl,
  node,
}: {
  readonly found: DiagnosedNode;
  readonly kubectl: string;
  readonly node: string;
}): Check {
  const name = 'the node takes Pods';
  const ready = found.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') {
    const detail = `it is not ready: ${ready?.message ?? ready?.reason ?? 'it does not say why'}`;
    return wrong({ name, detail, hint: `See to its kubelet: ${kubectl} describe node ${node}` });
  }
  if (found.spec?.unschedulable === true) {
    return wrong({ name, detail: 'it is cordoned', hint: `Let Pods in again: ${kubectl} uncordon ${node}` });
  }
  const kept = (found.spec?.taints ?? []).filter(
    ({ key, effect }) => key !== CORDON_TAINT && (effect === 'NoSchedule' || effect === 'NoExecute'),
  );
  if (kept.length === 0) return well({ name, detail: 'ready, not cordoned, no taint in the way' });
  const [first] = kept;
  const hint = `Take the taint away, a Job tolerates none: ${kubectl} taint node ${node} ${first?.key}:${first?.effect}-`;
  return wrong({
    name,
    detail: `it is tainted: ${kept.map(({ key, effect }) => `${key}:${effect}`).join(', ')}`,
    hint,
  });
}

function addressCheck(input: {
  readonly found: DiagnosedNode;
  readonly nodeAddresses: readonly string[];
  readonly targetName: string;
}): Check {
  const name = "the node's addresses in the proxy's eyes";
  const { found, nodeAddresses, targetName } = input;
  const { node } = knownClients({ pods: [], node: found, nodeAddresses });
  if (node.length > 0) return well({ name, detail: node.join(', ') });
  const hint = `See them in a real pull: doctor ${targetName} --transfer; then set targets.${targetName}.nodeAddresses in sub2api.yaml`;
  return wrong({ name, detail: 'the node tells none', hint, advisory: true });
}

function diskCheck({
  found,
  diskBytes,
}: {
  readonly found: DiagnosedNode;
  readonly diskBytes: number | undefined;
}): Check {
  const name = 'disk on the node';
  const pressure = found.status?.conditions?.find(({ type }) => type === 'DiskPressure');
  if (pressure?.status === 'True') {
    const detail = `it is under pressure: ${pressure.message ?? ''}`;
    return wrong({ name, detail, hint: 'Free disk there: no Pod is started and images are thrown away until then' });
  }
  const allocatable = parseQuantity(found.status?.allocatable?.['ephemeral-storage'] ?? '');
  if (allocatable === null) return well({ name, detail: 'not under pressure; how much there is it does not say' });
  const has = `${formatBytes(allocatable)} allocatable, not under pressure (free disk is measured by --transfer)`;
  if (diskBytes === undefined) return well({ name, detail: has });
  const want = `a Job may write ${formatBytes(diskBytes)}`;
  if (allocatable >= diskBytes) return well({ name, detail: `${has}; ${want}` });
  const hint =
    'Give the node more disk, or the profile less: `resources.diskMiB` of its kind in egress-proxy-benchmarks.yaml';
  return wrong({ name, detail: `${formatBytes(allocatable)} allocatable, and ${want}`, hint });
}

/** The kubelet stamps its heartbeat, the API server the moment at which it arrived: the same moment by two clocks. */
function nodeClockCheck({ found, node }: { readonly found: DiagnosedNode; readonly node: string }): Check {
  const name = "the node's clock";
  const arrivedMs = timeOf(
    found.metadata?.managedFields?.find(({ manager, subresource }) => manager === 'kubelet' && subresource === 'status')
      ?.time,
  );
  const beats = (found.status?.conditions ?? []).map(({ lastHeartbeatTime }) => timeOf(lastHeartbeatTime) ?? 0);
  const beatMs = Math.max(0, ...beats);
  if (arrivedMs === null || beatMs === 0) return well({ name, detail: 'the API server does not tell' });
  return clockCheck({ name, whose: node, against: "the API server's", offsetMs: beatMs - arrivedMs });
}
