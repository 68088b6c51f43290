// Who moved the most bytes: a sum per name, in an order that never depends on chance.
import { classOf } from './client-class.ts';
import type { KnownClients, Talker } from './evidence.ts';
import type { ObservedConnection } from './sample-series.ts';

/**
 * Clients or destinations by bytes, most first, equal ones by name; those without bytes are left out. Clients carry
 * their class where `clients` are given and it can be told.
 */
export function talkersBy(input: {
  readonly key: 'client' | 'destination';
  readonly connections: readonly ObservedConnection[];
  readonly clients?: KnownClients | undefined;
}): readonly Talker[] {
  const { key, connections, clients } = input;
  const bytesByName = new Map<string, number>();
  for (const connection of connections) {
    const name = connection[key];
    bytesByName.set(name, (bytesByName.get(name) ?? 0) + bytesOf(connection));
  }
  return [...bytesByName]
    .map(([name, bytes]) => ({ name, bytes }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
    .map((talker) => (key === 'client' && clients !== undefined ? withClass({ talker, clients }) : talker));
}

/** Both directions of a connection. */
export function bytesOf(connection: Pick<ObservedConnection, 'uploadBytes' | 'downloadBytes'>): number {
  return connection.uploadBytes + connection.downloadBytes;
}

function withClass({ talker, clients }: { readonly talker: Talker; readonly clients: KnownClients }): Talker {
  const found = classOf({ client: talker.name, clients });
  return found === undefined ? talker : { ...talker, class: found };
}
