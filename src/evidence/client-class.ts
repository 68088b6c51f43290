// Whose traffic a client's is, and which stages it can be of: a node pulls images, a Pod runs containers.
import type { Stage } from '../plan/plan.ts';
import type { ClientClass, KnownClients } from './evidence.ts';

/** What stands in place of an address where connections were merged is none. */
const ADDRESS = /^[0-9a-f:.]+$/i;

/**
 * The class of a client by its address; undefined where nobody can tell: it is no address, or it is neither of the run's
 * Pod nor of its node and one of these has not been told.
 */
export function classOf(input: { readonly client: string; readonly clients: KnownClients }): ClientClass | undefined {
  const { client, clients } = input;
  if (clients.pod.includes(client)) return 'pod';
  if (clients.node.includes(client)) return 'node';
  const complete = clients.pod.length > 0 && clients.node.length > 0;
  return complete && ADDRESS.test(client) ? 'other' : undefined;
}

/**
 * Whether a connection of this class may be a stage's own. One whose class nobody can tell may be where the addresses of
 * the stage's own kind of client were never told.
 */
export function mayBeOf(input: {
  readonly kind: Stage['kind'];
  readonly clientClass: ClientClass | undefined;
  readonly clients: KnownClients;
}): boolean {
  const own = input.kind === 'image-pull' ? 'node' : 'pod';
  return input.clientClass === undefined ? input.clients[own].length === 0 : input.clientClass === own;
}

/** Both together, each address once, at most 64 of each class; undefined when neither is known. */
export function joinClients(one: KnownClients | undefined, other: KnownClients | undefined): KnownClients | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { pod: joined(one.pod, other.pod), node: joined(one.node, other.node) };
}

/** More addresses than any run has; a target that tells of more is telling something else. */
const MOST_ADDRESSES = 64;

function joined(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].slice(0, MOST_ADDRESSES);
}
