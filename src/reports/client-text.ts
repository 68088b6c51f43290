// A client of the proxy, with whose it is.
import type { ClientClass, Talker } from '../evidence/evidence.ts';
import { formatBytes } from '../quantities/quantities.ts';

const MOST_NAMED = 3;

/** `10.244.0.7 (pod)`; the bare name where nobody can tell whose it is. */
export function clientText(client: { readonly name: string; readonly class?: ClientClass }): string {
  return client.class === undefined ? client.name : `${client.name} (${client.class})`;
}

/** What a reader must know of a proxy that others used at the same time. */
export function sharedText(clients: readonly Talker[]): string {
  const others = clients.filter((client) => client.class === 'other');
  const named = others.slice(0, MOST_NAMED).map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  const who = named.length === 0 ? '' : `: ${named.join(', ')}${more}`;
  // A client list that was cut off names nobody; the node's own pulls for others are not in it.
  const whom =
    others.length > 0 || clients.length === 0 ? 'other clients used the proxy' : 'the node used the proxy for others';
  return `shared: ${whom} during the run${who}; only the run's own connections count for it`;
}
