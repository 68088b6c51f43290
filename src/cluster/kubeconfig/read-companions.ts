// The companions of a run on a cluster: their pages by port-forward, their use from the kubelet, their restarts from the Pod.
import { messageOf } from '../../errors/errors.ts';
import type { CompanionReading } from '../../evidence/companion-model.ts';
import { UNKNOWN_USAGE } from '../../evidence/unknown-usage.ts';
import type { CompanionReference, RunReference } from '../../plan/plan.ts';
import { readMetricsPage } from '../companions/prometheus-text.ts';
import { readPage } from '../companions/read-page.ts';
import { companionStatus } from '../kubernetes/companion-status.ts';
import { containerLookedAtMs, containerUsage } from '../kubernetes/container-usage.ts';
import { type KubePod, timeOf } from '../kubernetes/kube-objects.ts';
import { forwardPort } from './forward-port.ts';
import type { KubeClient } from './kube-client.ts';
import type { NodeUsage, PodUsage } from './node-usage.ts';
import { getJob, listPods } from './read-job.ts';

/** A program that is held back by its CPU limit takes its time over its page. */
const PAGE_WITHIN_MS = 5_000;

/** @throws UnreachableError, InvalidInputError */
export async function readClusterCompanions(input: {
  readonly client: KubeClient;
  readonly usage: NodeUsage;
  readonly plan: RunReference;
  readonly signal: AbortSignal;
}): Promise<readonly CompanionReading[]> {
  const { client, plan, signal } = input;
  const { companions = [] } = plan;
  const job =
    companions.length === 0
      ? null
      : await getJob({ client, namespace: plan.target.namespace, jobName: plan.jobName, signal });
  if (job === null) return [];
  const pods = await listPods({ client, job, signal });
  const pod = pods.toSorted((a, b) => createdMs(a) - createdMs(b))[0];
  if (pod === undefined) return [];
  const there = companions.map(({ name }) => companionStatus({ pod, name })).filter(({ state }) => state === 'running');
  const containerIds = there.flatMap(({ containerId }) => (containerId === null ? [] : [containerId]));
  const usage = there.length === 0 ? { why: '' } : await usageOf({ ...input, pod, containerIds });
  const readings = await Promise.all(companions.map((companion) => readOne({ client, companion, pod, usage, signal })));
  return readings.filter((reading) => reading !== null);
}

async function readOne(input: {
  readonly client: KubeClient;
  readonly companion: CompanionReference;
  readonly pod: KubePod;
  readonly usage: PodUsage;
  readonly signal: AbortSignal;
}): Promise<CompanionReading | null> {
  const { client, companion, pod, usage } = input;
  const { name } = companion;
  const { state, endedAtMs, containerId, restarts, oomKilledEnds } = companionStatus({ pod, name });
  if (state === 'absent') return null;
  const oomKills = oomKilledEnds.length;
  const nothing = { ...UNKNOWN_USAGE, restarts, oomKills };
  if (state === 'ended') return { name, atMs: endedAtMs ?? client.nowMs(), metrics: {}, usage: nothing, oomKilledEnds };
  const page = await pageOf(input);
  const { namespace = '', name: podName = '' } = pod.metadata ?? {};
  const asked = 'why' in usage ? null : { ...usage, namespace, pod: podName, container: name, containerId };
  const told = asked === null ? null : containerUsage(asked);
  const usageAtMs = asked === null || told === null ? null : containerLookedAtMs(asked);
  const why = 'why' in usage ? usage.why : told === null ? 'the kubelet has not looked at it yet' : undefined;
  const notes = [page.note, why === undefined ? undefined : `memory and CPU are not known: ${why}`].filter(
    (note) => note !== undefined,
  );
  return {
    name,
    atMs: client.nowMs(),
    metrics: page.metrics,
    usage: told === null ? nothing : { ...told, restarts, oomKills: Math.max(told.oomKills ?? 0, oomKills) },
    oomKilledEnds,
    ...(usageAtMs === null ? {} : { usageAtMs }),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

async function usageOf(input: {
  readonly usage: NodeUsage;
  readonly pod: KubePod;
  readonly containerIds: readonly string[];
  readonly signal: AbortSignal;
}): Promise<PodUsage> {
  const { pod, containerIds, signal } = input;
  const { namespace = '', name = '' } = pod.metadata ?? {};
  return await input.usage.of({ node: pod.spec?.nodeName ?? '', namespace, pod: name, containerIds, signal });
}

/** By a port-forward: it reaches what listens on the Pod's loopback alone. */
async function pageOf(input: {
  readonly client: KubeClient;
  readonly companion: CompanionReference;
  readonly pod: KubePod;
  readonly signal: AbortSignal;
}): Promise<{ readonly metrics: CompanionReading['metrics']; readonly note?: string }> {
  const { client, companion, pod, signal } = input;
  const { metrics: page } = companion;
  if (page === undefined) return { metrics: {} };
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const way = await forwardPort({ client, namespace, port: page.port, findPod: () => Promise.resolve(name) });
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(PAGE_WITHIN_MS)]);
    const text = await readPage({ page: { ...page, port: way.port }, signal: within });
    return { metrics: readMetricsPage(text) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { metrics: {}, note: `its page was not read: ${messageOf(thrown)}` };
  } finally {
    await way.close();
  }
}

function createdMs({ metadata }: KubePod): number {
  return timeOf(metadata?.creationTimestamp) ?? 0;
}
