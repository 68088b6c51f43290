// Waits for what happens next to a Job, on watches that are shared with everybody else who waits.
import type { TransitionPage } from '../cluster.ts';
import { UnreachableError } from '../../errors/errors.ts';
import type { RunReference } from '../../plan/plan.ts';
import { type JobHistory, historyOf } from '../kubernetes/job-history.ts';
import type { KubeNode } from '../kubernetes/kube-objects.ts';
import { pageAfter } from '../kubernetes/transition-page.ts';
import type { KubeClient } from './kube-client.ts';
import { getNode, observeJob, podsOf } from './read-job.ts';
import type { WatchHub, WatchLease } from './watch-hub.ts';

/** A look is taken this often without any news: grace times pass in silence. */
const LOOK_EVERY_MS = 2_000;
/** How old what is known of a node may be. */
const NODE_AGE_MS = 5_000;
/** How often a Job without a Pod is read with its own events, of which no watch tells. */
const WITHOUT_POD_MS = 5_000;
/** How long an API server may be away before the caller is told; whoever calls again goes on where it was. */
const OUTAGE_MS = 30_000;

/**
 * Resolves with what has happened after `cursor`, as soon as that is anything or the Job has ended. Before an end is
 * told, or something that events should tell better, everything is read once more: a watch may be behind another.
 * @throws UnreachableError after 30 s without the API server, InvalidInputError
 */
export async function awaitTransitions(input: {
  readonly client: KubeClient;
  readonly hub: WatchHub;
  readonly nodes: NodeFacts;
  readonly plan: RunReference;
  readonly cursor: string | null;
  readonly signal: AbortSignal;
}): Promise<TransitionPage> {
  const { client, hub, nodes, plan, cursor, signal } = input;
  const { namespace, nodeAddresses = [] } = plan.target;
  const { jobName } = plan;
  signal.throwIfAborted();
  const readNow = async (): Promise<TransitionPage> => {
    const observation = await observeJob({ client, namespace, jobName, signal });
    return pageAfter({ history: historyOf({ ...observation, nodeAddresses }), cursor });
  };
  // From the beginning: a watch may still show the Job of the attempt before.
  if (cursor === null) {
    const page = await readNow();
    if (hasNews(page)) return page;
  }
  const lease = hub.lease({ namespace });
  let readAtMs = Date.now();
  try {
    for (;;) {
      const history = await historyFromWatch({ client, nodes, lease, jobName, nodeAddresses, signal });
      const page = history === null ? null : pageAfter({ history, cursor });
      if (page !== null && hasNews(page)) {
        if (page.job === 'running' && history?.eventsMissing === false) return page;
        const now = await readNow().catch((thrown: unknown) => duringOutage(thrown));
        if (now !== null && hasNews(now)) return now;
      }
      if (history?.pod === '' && history.job === 'running' && Date.now() - readAtMs > WITHOUT_POD_MS) {
        readAtMs = Date.now();
        const now = await readNow().catch((thrown: unknown) => duringOutage(thrown));
        if (now !== null && hasNews(now)) return now;
      }
      const failure = lease.failure();
      if (failure !== null && Date.now() - failure.sinceMs > OUTAGE_MS) throw failure.error;
      await lease.changed({ atMostMs: LOOK_EVERY_MS, signal });
    }
  } finally {
    lease.release();
  }
}

/** The watches feel an outage too, and tell for how long: until it has lasted, a call that it hits is no news. */
function duringOutage(thrown: unknown): null {
  if (thrown instanceof UnreachableError) return null;
  throw thrown;
}

function hasNews(page: TransitionPage): boolean {
  return page.transitions.length > 0 || page.job !== 'running';
}

/** Null while the watches have not listed everything yet. */
async function historyFromWatch(input: {
  readonly client: KubeClient;
  readonly nodes: NodeFacts;
  readonly lease: WatchLease;
  readonly jobName: string;
  readonly nodeAddresses: readonly string[];
  readonly signal: AbortSignal;
}): Promise<JobHistory | null> {
  const { client, nodes, lease, jobName, nodeAddresses, signal } = input;
  const view = lease.view();
  if (view.jobs === null || view.pods === null || view.events === null) return null;
  const job = view.jobs.find(({ metadata }) => metadata?.name === jobName) ?? null;
  const pods = job === null ? [] : podsOf({ pods: view.pods, job });
  const node = await nodes.of({ name: pods[0]?.spec?.nodeName, signal });
  return historyOf({ job, pods, events: view.events, node, nodeAddresses, nowMs: client.nowMs() });
}

/** What is known of nodes, asked for at most every few seconds however many wait. */
export class NodeFacts {
  readonly #client: KubeClient;
  readonly #known = new Map<string, { readonly atMs: number; readonly node: Promise<KubeNode | null> }>();

  constructor(input: { readonly client: KubeClient }) {
    this.#client = input.client;
  }

  /** The node; null where it is gone, may not be read, or cannot be for the moment. */
  async of(input: { readonly name: string | undefined; readonly signal: AbortSignal }): Promise<KubeNode | null> {
    const { name, signal } = input;
    if (name === undefined) return null;
    const known = this.#known.get(name);
    if (known !== undefined && Date.now() - known.atMs < NODE_AGE_MS) return await untilAborted(known.node, signal);
    const before = known?.node ?? Promise.resolve(null);
    const node = getNode({ client: this.#client, name }).catch(() => before);
    this.#known.set(name, { atMs: Date.now(), node });
    return await untilAborted(node, signal);
  }
}

/** What others wait for as well is left to go on. @throws the signal's reason */
async function untilAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([waited, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
