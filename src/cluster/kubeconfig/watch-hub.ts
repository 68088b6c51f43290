// The watches of one cluster, each shared by whoever waits in the same namespace, and ended when nobody does any more.
import type { KubeEvent, KubeJob, KubePod } from '../kubernetes/kube-objects.ts';
import { MANAGED_BY_SELECTOR } from '../kubernetes/annotation-keys.ts';
import { type KubeClient, apiPath } from './kube-client.ts';
import { ResourceWatch, type Watchable } from './resource-watch.ts';

/** How long watches outlive the last who waited: the next wait of the same run comes within moments. Milliseconds. */
const LINGER_MS = 5_000;

/** This program's Jobs and Pods in one namespace, with the Pods' events, as they are known at the moment. */
export interface NamespaceView {
  /** Null before the first listing. */
  readonly jobs: readonly KubeJob[] | null;
  readonly pods: readonly KubePod[] | null;
  readonly events: readonly KubeEvent[] | null;
}

/** One who waits. To be released. */
export interface WatchLease {
  view(): NamespaceView;
  /** What has kept a watch from its work, longest first; null while all is well. */
  failure(): { readonly sinceMs: number; readonly error: unknown } | null;
  /** Resolves with the next change after the last call, or after `atMostMs`. @throws the signal's reason */
  changed(input: { readonly atMostMs: number; readonly signal: AbortSignal }): Promise<void>;
  release(): void;
}

interface Shared {
  readonly jobs: ResourceWatch<KubeJob>;
  readonly pods: ResourceWatch<KubePod>;
  readonly events: ResourceWatch<KubeEvent>;
  readonly wakers: Set<() => void>;
  lingering: NodeJS.Timeout | null;
}

/** To be closed. */
export class WatchHub {
  readonly #client: KubeClient;
  readonly #byNamespace = new Map<string, Shared>();

  constructor(input: { readonly client: KubeClient }) {
    this.#client = input.client;
  }

  lease(input: { readonly namespace: string }): WatchLease {
    const shared = this.#sharedFor(input.namespace);
    if (shared.lingering !== null) clearTimeout(shared.lingering);
    shared.lingering = null;
    let changed = false;
    let wake: (() => void) | null = null;
    const waker = (): void => {
      changed = true;
      wake?.();
    };
    shared.wakers.add(waker);
    return {
      view: () => ({
        jobs: shared.jobs.objects(),
        pods: shared.pods.objects(),
        events: shared.events.objects(),
      }),
      failure: () => earliest([shared.jobs.failure, shared.pods.failure, shared.events.failure]),
      changed: async ({ atMostMs, signal }) => {
        if (!changed && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const end = (): void => {
              clearTimeout(timer);
              signal.removeEventListener('abort', end);
              wake = null;
              resolve();
            };
            const timer = setTimeout(end, atMostMs);
            signal.addEventListener('abort', end);
            wake = end;
          });
        }
        signal.throwIfAborted();
        changed = false;
      },
      release: () => {
        shared.wakers.delete(waker);
        if (shared.wakers.size > 0 || shared.lingering !== null) return;
        shared.lingering = setTimeout(() => void this.#end(input.namespace), LINGER_MS);
        shared.lingering.unref();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byNamespace.keys()].map((namespace) => this.#end(namespace)));
  }

  async #end(namespace: string): Promise<void> {
    const shared = this.#byNamespace.get(namespace);
    if (shared === undefined) return;
    this.#byNamespace.delete(namespace);
    if (shared.lingering !== null) clearTimeout(shared.lingering);
    await Promise.all([shared.jobs.close(), shared.pods.close(), shared.events.close()]);
  }

  #sharedFor(namespace: string): Shared {
    const known = this.#byNamespace.get(namespace);
    if (known !== undefined) return known;
    const wakers = new Set<() => void>();
    const client = this.#client;
    const onChange = (): void => {
      for (const wake of wakers) wake();
    };
    const own = { labelSelector: MANAGED_BY_SELECTOR };
    const watch = <T extends Watchable>(group: string, kind: string, query: Readonly<Record<string, string>>) => ({
      client,
      path: apiPath(group, namespace, kind),
      query,
      what: `watch ${kind} in namespace ${namespace}`,
      onChange,
      trim: withoutManagedFields<T>,
    });
    const shared: Shared = {
      jobs: new ResourceWatch<KubeJob>(watch('apis/batch/v1', 'jobs', own)),
      pods: new ResourceWatch<KubePod>(watch('api/v1', 'pods', own)),
      events: new ResourceWatch<KubeEvent>({
        ...watch('api/v1', 'events', { fieldSelector: POD_EVENTS }),
        optional: true,
      }),
      wakers,
      lingering: null,
    };
    this.#byNamespace.set(namespace, shared);
    return shared;
  }
}

/** Events of Pods as their kubelets tell them. */
export const POD_EVENTS = 'involvedObject.kind=Pod,source=kubelet';

/** Half of an object's size, and nobody reads it. */
function withoutManagedFields<T extends Watchable>(object: T): T {
  if (object.metadata === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata as NonNullable<T['metadata']> & { managedFields?: unknown };
  return { ...object, metadata };
}

function earliest(failures: readonly ({ readonly sinceMs: number; readonly error: unknown } | null)[]) {
  const known = failures.filter((failure) => failure !== null);
  return known.toSorted((a, b) => a.sinceMs - b.sinceMs)[0] ?? null;
}
