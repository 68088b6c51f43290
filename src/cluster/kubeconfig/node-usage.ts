// The page on which a kubelet tells of its containers' memory and CPU, read no more often than it changes.
import { createInterface } from 'node:readline';
import { messageOf } from '../../errors/errors.ts';
import type { MetricSample } from '../companions/prometheus-text.ts';
import { readSample } from '../companions/prometheus-text.ts';
import { type KubeApi, apiPath } from './kube-client.ts';

/** A kubelet looks at its containers every 10 to 30 s, and each read of its page costs it and the API server. */
const PAGE_AGE_MS = 5_000;
const QUIET_MS = 10_000;
/** Of larger pages, a node's with hundreds of Pods, the lines of others are not kept anyway. */
const MOST_SAMPLES = 4_096;

/** What the page says of one Pod, or why it cannot be read. */
export type PodUsage = { readonly samples: readonly MetricSample[] } | { readonly why: string };

interface AskedPod {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  /** Of the Pod's containers, as the runtime names them. */
  readonly containerIds: readonly string[];
}

/** Shared by all who read companions of one cluster. */
export class NodeUsage {
  readonly #client: KubeApi;
  readonly #known = new Map<string, { readonly atMs: number; readonly usage: PodUsage }>();

  constructor(input: { readonly client: KubeApi }) {
    this.#client = input.client;
  }

  /** A missing right, or a kubelet that does not answer, is told and not thrown. @throws what `signal` aborts with */
  async of(input: AskedPod & { readonly signal: AbortSignal }): Promise<PodUsage> {
    const key = [input.namespace, input.pod, ...input.containerIds].join('/');
    const known = this.#known.get(key);
    if (known !== undefined && Date.now() - known.atMs < PAGE_AGE_MS) return known.usage;
    const usage = await this.#read(input);
    this.forget();
    this.#known.set(key, { atMs: Date.now(), usage });
    return usage;
  }

  /** Drops what is too old to be used again. */
  forget(): void {
    for (const [key, { atMs }] of this.#known) if (Date.now() - atMs >= PAGE_AGE_MS) this.#known.delete(key);
  }

  async #read(input: AskedPod & { readonly signal: AbortSignal }): Promise<PodUsage> {
    const { node, signal } = input;
    try {
      const { code, body } = await this.#client.stream({
        request: {
          path: apiPath('api/v1', null, 'nodes', node, 'proxy', 'metrics', 'cadvisor'),
          what: `read the container metrics of Node ${node}`,
          // Asked for again with the next reading: nobody waits for rights.
          tolerated: [401, 403, 404, 500, 502, 503],
          signal,
        },
        quietMs: QUIET_MS,
      });
      if (code >= 400) {
        body.destroy();
        return { why: code === 403 ? 'no right to get nodes/proxy' : `the kubelet of ${node} answers ${code}` };
      }
      const samples: MetricSample[] = [];
      const wanted = [`namespace="${input.namespace}",pod="${input.pod}"`, ...input.containerIds];
      for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
        const sample = wanted.some((words) => line.includes(words)) ? readSample(line) : null;
        if (sample !== null && samples.length < MOST_SAMPLES) samples.push(sample);
      }
      return { samples };
    } catch (thrown) {
      signal.throwIfAborted();
      return { why: `the kubelet of ${node} does not tell: ${messageOf(thrown)}` };
    }
  }
}
