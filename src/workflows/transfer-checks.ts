// What a known transfer shows: whose bytes the proxy saw, under which addresses, and what the kubelet told of the pull.
import type { Check } from '../activities/contract.ts';
import { classOf } from '../evidence/client-class.ts';
import type { Evidence, ImageEvidence, KnownClients } from '../evidence/evidence.ts';
import type { ObservedConnection } from '../evidence/sample-series.ts';
import type { Ending } from '../evidence/verdict.ts';
import { bytesOf, talkersBy } from '../evidence/talkers.ts';
import type { Plan } from '../plan/plan.ts';
import { formatBytes, formatDuration } from '../quantities/quantities.ts';

/** The proxy sees more than the file: requests, certificates, the package's own document. */
const MOST_SHARE = 1.1;
/** Of less than this the rest would be a large share. */
const LEAST_JUDGED_BYTES = 1_000_000;
/** A pull that is over sooner has brought next to nothing. */
const BRIEF_PULL_MS = 1_000;
/** The kubelet stamps pulls, the proxy connections; a connection of a pull may lie this far beside it. */
const BESIDE_PULL_MS = 1_000;

export interface TransferSeen {
  readonly plan: Plan;
  readonly ending: Ending;
  readonly evidence: Evidence;
  readonly connections: readonly ObservedConnection[];
  readonly clients: KnownClients;
  /** The transfer's own last words, or the last words of what failed. */
  readonly logLines: readonly string[];
  /** What could not be done at the end. */
  readonly problems: readonly string[];
  /** The most that a Job of any profile may write. */
  readonly diskBytes?: number;
}

/** In the order in which things happen; what was never reached is left out. */
export function transferChecks(seen: TransferSeen): readonly Check[] {
  const { ending, problems } = seen;
  const job = jobCheck(seen);
  const left: readonly Check[] = problems.map((detail) => ({
    name: 'the probe is gone again',
    ok: false,
    detail,
    hint: `Remove what is left: kubectl -n ${seen.plan.target.namespace} delete job ${seen.plan.jobName}`,
  }));
  const pulled = seen.evidence.images?.some(({ outcome }) => outcome === 'pulled' || outcome === 'present') === true;
  const passed = ending.by === 'job' && ending.succeeded;
  return [
    job,
    ...(pulled ? [pullCheck(seen), ...eventCheck(seen)] : []),
    ...(passed ? [transferCheck(seen), ...diskCheck(seen), aloneCheck(seen)] : []),
    ...left,
  ];
}

function jobCheck({ plan, ending, evidence, logLines }: TransferSeen): Check {
  const name = 'a Job runs and ends well';
  const image = plan.stages[0]?.images[0] ?? '';
  if (ending.by === 'job' && ending.succeeded)
    return { name, ok: true, detail: `${plan.jobName}, with ${image}`, hint: '' };
  const failed =
    evidence.stages.find(({ state }) => state === 'failed') ?? evidence.stages.find(({ state }) => state === 'running');
  const last = logLines.at(-1);
  const reason = [failed?.reason ?? evidence.jobReason, ...(last === undefined ? [] : [last])].filter(
    (text) => text !== undefined,
  );
  const why = reason.length === 0 ? '' : `: ${reason.join(': ')}`;
  switch (ending.by) {
    case 'unreachable':
    case 'infrastructure':
      return { name, ok: false, detail: ending.what, hint: 'Mend what the checks above say, and look again' };
    case 'deadline': {
      const at = ending.stage ?? 'waiting to start';
      return {
        name,
        ok: false,
        detail: `it was still ${at} after ${formatDuration(ending.deadlineMs)}${why}`,
        hint: hintFor(failed?.stage ?? null, plan),
      };
    }
    case 'cancel':
      return { name, ok: false, detail: `cancelled: ${ending.reason}`, hint: 'Ask again' };
    case 'job':
      return {
        name,
        ok: false,
        detail: `${failed?.stage ?? 'the Job'} failed${why}`,
        hint: hintFor(failed?.stage ?? null, plan),
      };
  }
}

function hintFor(stage: string | null, plan: Plan): string {
  const image = plan.stages[0]?.images[0] ?? '';
  if (stage === 'image-pull') {
    return `See that the node can pull ${image} (on the node: crictl pull ${image}), or name another image: --transfer-image`;
  }
  if (stage === null) return `See why no Pod starts: kubectl -n ${plan.target.namespace} get events`;
  return `See that Pods get through ${plan.proxy.url} to the outside; another download: --transfer-url URL with --transfer-image IMAGE`;
}

/** Whether the container runtime went through the proxy, and under which address of the node. */
function pullCheck({ plan, evidence, connections, clients }: TransferSeen): Check {
  const name = "the container runtime's pulls go through the proxy";
  const pulls = evidence.images ?? [];
  const pulledBytes = pulls.reduce((sum, pull) => sum + pull.proxyBytes, 0);
  const during = connections.filter(
    (connection) => pulls.some((pull) => opensIn({ connection, pull })) && !clients.pod.includes(connection.client),
  );
  const own = talkersBy({ key: 'client', connections: during }).filter(({ name: client }) =>
    clients.node.includes(client),
  );
  if (pulledBytes > 0) {
    const from = own.map(({ name: client }) => client).join(', ');
    return {
      name,
      ok: true,
      detail: `${formatBytes(pulledBytes)} by the node, seen as ${from || 'one of its addresses'}`,
      hint: '',
    };
  }
  const where = talkersBy({ key: 'destination', connections: during })[0]?.name ?? '';
  // Another Pod may have been busy meanwhile, but hardly with the image's registry.
  const others = talkersBy({ key: 'client', connections: during.filter(({ destination }) => destination === where) });
  const target = `targets.${plan.target.name}`;
  if (others.length > 0) {
    const list = others.map(({ name: client, bytes }) => `${client} (${formatBytes(bytes)})`).join(', ');
    const known = [...(plan.target.nodeAddresses ?? []), ...others.map(({ name: client }) => client)];
    return {
      name,
      ok: false,
      detail: `none from ${clients.node.join(', ') || 'an address known to be the node’s'}, but meanwhile from ${list}, to ${where}`,
      hint: `If that is the node as the proxy sees it, write under ${target} in sub2api.yaml: nodeAddresses: [${known.join(', ')}]`,
    };
  }
  // The few bytes of a question about an image that was there can be over between two readings: nobody is accused then.
  if (pulls.every(({ outcome, durationMs }) => outcome === 'present' || (durationMs ?? 0) < BRIEF_PULL_MS)) {
    return {
      name,
      ok: false,
      advisory: true,
      detail: 'not to be told: the node had the image, and its question about it was too brief to be seen',
      hint: 'Give an image with npm that the node does not have yet, as --transfer-image docker.io/library/node:22-slim',
    };
  }
  return {
    name,
    ok: false,
    detail: 'the proxy saw nothing of the pull: it was bypassed',
    hint: `Give containerd HTTP_PROXY and HTTPS_PROXY=${plan.proxy.url} by an address that the node reaches (as k3s in /etc/systemd/system/k3s.service.env, else a drop-in of containerd.service), and start it again; or set realDeps.imagePull.throughProxy: false in the profile`,
  };
}

function opensIn({
  connection,
  pull,
}: {
  readonly connection: ObservedConnection;
  readonly pull: ImageEvidence;
}): boolean {
  const { startMs } = connection;
  return startMs >= pull.startedAtMs - BESIDE_PULL_MS && startMs <= (pull.finishedAtMs ?? Infinity) + BESIDE_PULL_MS;
}

/** What the kubelet tells of a pull; nothing can be said of an image that was there. */
function eventCheck({ evidence }: TransferSeen): readonly Check[] {
  const pull = evidence.images?.find(({ outcome }) => outcome === 'pulled');
  if (pull === undefined) return [];
  const name = 'the kubelet tells of pulls';
  const { durationMs, durationWithQueueMs, sizeBytes } = pull;
  const lacks = [
    ...(durationMs === null ? ['how long the pull itself took'] : []),
    ...(durationWithQueueMs === null ? ['how long it took with its wait'] : []),
    ...(sizeBytes === null ? ['how large the image is'] : []),
  ];
  if (lacks.length === 0) {
    const detail = `${formatDuration(durationMs)}, ${formatDuration(durationWithQueueMs)} with its wait, ${formatBytes(sizeBytes)}`;
    return [{ name, ok: true, detail, hint: '' }];
  }
  const hint = 'Nothing to mend: an older kubelet tells less, and image rows leave that out';
  return [{ name, ok: false, advisory: true, detail: `but not ${lacks.join(', nor ')}`, hint }];
}

/** Whether the bytes that the Pod got are the bytes that the proxy counts for it. */
function transferCheck({ plan, evidence, connections, clients, logLines }: TransferSeen): Check {
  const name = "a known transfer is the Pod's at the proxy";
  const told = toldBy(logLines);
  if (told === null) {
    const hint = 'Look at the image: it must have sh, wc, df and awk';
    const last = logLines.at(-1);
    const detail = `the Pod did not say how much it downloaded${last === undefined ? '' : `, but: ${last}`}`;
    return { name, ok: false, detail, hint };
  }
  const { bytes } = told;
  const ofPod = connections.filter(({ client }) => classOf({ client, clients }) === 'pod');
  const seenBytes = ofPod.reduce((sum, connection) => sum + bytesOf(connection), 0);
  const pod = clients.pod.join(', ');
  const size = `${formatBytes(bytes)} downloaded by Pod ${pod}`;
  if (bytes < LEAST_JUDGED_BYTES) {
    return {
      name,
      ok: false,
      detail: `${size}: too little to judge by`,
      hint: 'Give a larger file: --transfer-url URL, some 10 MB',
    };
  }
  const more = Math.round((seenBytes / bytes - 1) * 1000) / 10;
  if (seenBytes >= bytes && seenBytes <= bytes * MOST_SHARE) {
    return { name, ok: true, detail: `${size}, ${formatBytes(seenBytes)} seen at the proxy (+${more}%)`, hint: '' };
  }
  if (seenBytes > bytes) {
    const hint =
      'Something else in the Pod talks through the proxy too, or the download was sent along other ways first: look at the image';
    return { name, ok: false, detail: `${size}, but ${formatBytes(seenBytes)} seen at the proxy (+${more}%)`, hint };
  }
  const stage = evidence.stages.find((each) => each.stage === 'transfer');
  const from = stage?.startedAtMs ?? 0;
  const others = talkersBy({
    key: 'client',
    connections: connections.filter(
      ({ client, startMs }) => !clients.pod.includes(client) && startMs >= from - BESIDE_PULL_MS,
    ),
  }).filter((talker) => talker.bytes >= bytes * 0.5);
  const [other] = others;
  if (other !== undefined) {
    return {
      name,
      ok: false,
      detail: `${size}, but the proxy saw ${formatBytes(other.bytes)} from ${other.name}: Pods reach it under another address`,
      hint: "Let the proxy see Pods' own addresses: no masquerading between Pods and the Service (kube-proxy --masquerade-all, the network plugin's ipMasq), and no hop in between",
    };
  }
  // What moves after a connection's last reading is known by total alone; a quick download may end so.
  const unexplained = (stage?.unattributedBytes ?? 0) + (stage?.contestedBytes ?? 0);
  if (seenBytes > 0 && seenBytes + unexplained >= bytes) {
    const hint = 'It was over too soon to be seen whole: give something larger to download, --transfer-url URL';
    const detail = `${size}, ${formatBytes(seenBytes)} seen as the Pod's, the rest by total alone`;
    return { name, ok: false, advisory: true, detail, hint };
  }
  return {
    name,
    ok: false,
    detail: `${size}, but ${formatBytes(seenBytes)} seen at the proxy: it goes another way`,
    hint: `See that ${plan.proxy.url} leads to the proxy whose control API is read, and that noProxy of proxyServices.${plan.proxy.service} does not exempt the download`,
  };
}

function diskCheck({ logLines, diskBytes }: TransferSeen): readonly Check[] {
  const told = toldBy(logLines);
  if (told === null || diskBytes === undefined) return [];
  const name = 'free disk on the node';
  const free = told.freeKib * 1024;
  const detail = `${formatBytes(free)} free where Pods write; a Job may write ${formatBytes(diskBytes)}`;
  if (free >= diskBytes) return [{ name, ok: true, detail, hint: '' }];
  const hint =
    'Free disk on the node, or give the profile less: realDeps.resources.diskMiB in egress-proxy-benchmarks.yaml';
  return [{ name, ok: false, detail, hint }];
}

/** Others' traffic does not spoil a run's own figures; it does spoil the proxy's totals. */
function aloneCheck({ plan, evidence }: TransferSeen): Check {
  const name = 'nobody else is using the proxy';
  const others = (evidence.clients ?? []).filter((talker) => talker.class === 'other');
  if (others.length === 0) return { name, ok: true, detail: 'nobody was seen', hint: '' };
  const detail = `meanwhile ${others.map(({ name: client, bytes }) => `${client} (${formatBytes(bytes)})`).join(', ')}`;
  const hint = `Runs go on and are marked shared. An address that is the node's own belongs into targets.${plan.target.name}.nodeAddresses`;
  return { name, ok: false, advisory: true, detail, hint };
}

/** What the container's last line says. */
function toldBy(logLines: readonly string[]): { readonly bytes: number; readonly freeKib: number } | null {
  for (const line of logLines.toReversed()) {
    const [, bytes, freeKib] = /^\{"stage":"transfer","bytes":(\d+),"freeKib":(\d+)\}$/.exec(line) ?? [];
    if (bytes !== undefined && freeKib !== undefined) return { bytes: Number(bytes), freeKib: Number(freeKib) };
  }
  return null;
}
