// Which Pod stands behind the proxy's Service right now.
import { InvalidInputError, UnreachableError } from '../../errors/errors.ts';
import type { PlannedProxy } from '../../plan/plan.ts';
import type { KubePod } from '../kubernetes/kube-objects.ts';
import { trueCondition } from '../kubernetes/kube-objects.ts';
import { type KubeApi, apiPath } from './kube-client.ts';

/** Where the proxy's Service is found. */
export interface ProxyService {
  readonly namespace: string;
  readonly service: string;
}

/** A run waits ten seconds for its first reading: missing rights must be told within. */
const PATIENCE_MS = 4_000;

/** @throws InvalidInputError for a proxy that is no Service */
export function proxyService(proxy: PlannedProxy): ProxyService {
  if (proxy.namespace !== undefined) return { namespace: proxy.namespace, service: proxy.service };
  throw new InvalidInputError([
    {
      path: 'plan.proxy.namespace',
      message: `the proxy ${proxy.service} is no Service of a cluster, so its control API cannot be found in one`,
      hint: 'Give the namespace of the proxy’s Service in the configuration.',
    },
  ]);
}

type Asked = ProxyService & { readonly client: KubeApi; readonly signal?: AbortSignal | undefined };

/**
 * The name of the ready Pod behind the Service; of several the first by name, so that it is the same one each time.
 * @throws UnreachableError when none is ready, InvalidInputError without such a Service
 */
export async function findProxyPod(input: Asked): Promise<string> {
  const [first] = (await listProxyPods(input)).ready;
  if (first === undefined) throw noneReady(input);
  return first;
}

export function noneReady({ namespace, service }: ProxyService): UnreachableError {
  return new UnreachableError(
    `no Pod behind the Service ${namespace}/${service} is ready`,
    `See why with kubectl -n ${namespace} get pods, and bring the proxy up`,
  );
}

/** The names of the Pods behind the Service that are not being deleted, in order. @throws InvalidInputError without such a Service */
export async function listProxyPods(
  input: Asked,
): Promise<{ readonly there: readonly string[]; readonly ready: readonly string[] }> {
  const { client, namespace, service, signal } = input;
  const { body } = await client.json<{ readonly spec?: { readonly selector?: Readonly<Record<string, string>> } }>({
    path: apiPath('api/v1', namespace, 'services', service),
    what: `read Service ${namespace}/${service}`,
    patienceMs: PATIENCE_MS,
    signal,
  });
  const labels = Object.entries(body.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return { there: [], ready: [] };
  const pods = await client.json<{ readonly items?: readonly KubePod[] }>({
    path: apiPath('api/v1', namespace, 'pods'),
    query: { labelSelector: labels.join(',') },
    what: `list Pods in namespace ${namespace}`,
    patienceMs: PATIENCE_MS,
    signal,
  });
  const there = (pods.body.items ?? []).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const ready = there.filter(
    ({ status }) => trueCondition({ conditions: status?.conditions, type: 'Ready' }) !== undefined,
  );
  return { there: namesOf(there), ready: namesOf(ready) };
}

function namesOf(pods: readonly KubePod[]): readonly string[] {
  return pods.map(({ metadata }) => metadata?.name ?? '').toSorted();
}
