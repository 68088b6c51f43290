// Runs the measuring egress proxy as a process of its own would: until told to stop.
import { once } from 'node:events';
import { type EgressProxy, type EgressProxyOptions, startEgressProxy } from './start-egress-proxy.ts';

export interface ServeEgressProxyOptions extends EgressProxyOptions {
  /** Ends the proxy; `serveEgressProxy` returns once nothing of it is left. */
  readonly signal: AbortSignal;
  /** Hears the addresses as soon as both ports answer. */
  readonly onReady: (proxy: Pick<EgressProxy, 'proxyUrl' | 'controlUrl' | 'instance'>) => void;
}

/**
 * Serves until `signal` aborts. Prints nothing and never ends the process.
 * @throws InvalidInputError, InfrastructureError as `startEgressProxy`.
 */
export async function serveEgressProxy(options: ServeEgressProxyOptions): Promise<void> {
  const proxy = await startEgressProxy(options);
  try {
    options.onReady({ proxyUrl: proxy.proxyUrl, controlUrl: proxy.controlUrl, instance: proxy.instance });
    if (!options.signal.aborted) await once(options.signal, 'abort');
  } finally {
    await proxy.close();
  }
}
