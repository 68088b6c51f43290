// Which of a proxy's Pods each run reads from: counters of two Pods are two counts, and no run's bytes are in both.
import { InvalidInputError } from '../../errors/errors.ts';
import type { KubeApi } from './kube-client.ts';
import { type ProxyService, listProxyPods, noneReady } from './proxy-pod.ts';

/** Runs whose end nobody told of are forgotten, the oldest first. */
const MOST_RUNS = 256;

export class KeptProxyPods {
  readonly #byRun = new Map<string, string>();

  /**
   * The Pod that the run has read from, as long as it is there, ready or not; then another that is ready. A run's first
   * Pod must be the only ready one.
   * @throws InvalidInputError for several at the start, UnreachableError when none is ready
   */
  async find(
    input: ProxyService & {
      readonly client: KubeApi;
      readonly runId: string;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<string> {
    const { runId, namespace, service } = input;
    const { there, ready } = await listProxyPods(input);
    const kept = this.#byRun.get(runId);
    if (kept !== undefined && there.includes(kept)) return kept;
    const [first] = ready;
    if (first === undefined) throw noneReady(input);
    if (kept === undefined && ready.length > 1) {
      throw new InvalidInputError([
        {
          path: 'plan.proxy.service',
          value: service,
          message: `${ready.length} ready Pods stand behind the Service ${namespace}/${service}, and each counts only its own bytes`,
          hint: 'Scale the proxy to one replica, or name a Service that selects one Pod.',
        },
      ]);
    }
    this.#byRun.set(runId, first);
    const [oldest] = this.#byRun.keys();
    if (this.#byRun.size > MOST_RUNS && oldest !== undefined) this.#byRun.delete(oldest);
    return first;
  }

  forget(input: { readonly runId: string }): void {
    this.#byRun.delete(input.runId);
  }
}
