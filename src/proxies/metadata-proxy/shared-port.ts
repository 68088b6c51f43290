// One address, several listeners of this process: a queue of connections long enough for thousands who come at once.
import { type BunServer, type BunServeOptions, bunRuntime } from './bun-runtime.ts';
import type { ListenAddress } from './settings.ts';

/**
 * The runtime asks the kernel for a queue of 512 connections that are not accepted yet, whatever one says. Under a CPU limit
 * that is not enough: once it is full the kernel goes over to SYN cookies and resets whom it cannot make out. The kernel
 * spreads connections over all who listen, so of 2,000 each has some 250.
 */
const LISTENERS = 8;

/** All listeners of an address as if they were one. */
export interface SharedPort {
  readonly port: number;
  /** Requests that have come and not been answered. */
  pendingRequests(): number;
  /** Takes no more connections; with `true` cuts off those under way, else resolves once they have ended. */
  stop(cutOff?: boolean): Promise<void>;
}

/**
 * Listens. An address that another program has, this same one included, is refused: it is shared by these listeners alone.
 * @throws Error when the address cannot be listened on
 */
export function listenTogether(input: {
  readonly address: ListenAddress;
  readonly options: Omit<BunServeOptions, 'hostname' | 'port' | 'reusePort'>;
}): SharedPort {
  const { address, options } = input;
  const servers: BunServer[] = [];
  const stop = async (cutOff?: boolean): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop(cutOff)));
  };
  const port = freePort(input);
  try {
    while (servers.length < LISTENERS) {
      servers.push(bunRuntime().serve({ ...options, hostname: address.host, port, reusePort: true }));
    }
  } catch (thrown) {
    void stop(true);
    throw thrown;
  }
  return {
    port,
    pendingRequests: () => servers.reduce((sum, server) => sum + server.pendingRequests, 0),
    stop,
  };
}

/**
 * The address's port, or a free one for 0. Listeners that share would join those of another proxy; one that does not finds them
 * out. Of two proxies that start within the same millisecond neither does, unless they have an address for metrics in common.
 */
function freePort({ address, options }: Parameters<typeof listenTogether>[0]): number {
  const alone = bunRuntime().serve({ ...options, hostname: address.host, port: address.port, reusePort: false });
  const { port } = alone;
  void alone.stop(true);
  return port;
}
