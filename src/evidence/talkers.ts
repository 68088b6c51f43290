// Who moved the most bytes: a sum per name, in an order that never depends on chance.
import type { ObservedConnection, Talker } from './evidence.ts';

/** Clients or destinations by bytes, most first, equal ones by name; those without bytes are left out. */
export function talkersBy(input: {
  readonly key: 'client' | 'destination';
  readonly connections: readonly ObservedConnection[];
}): readonly Talker[] {
  const bytesByName = new Map<string, number>();
  for (const connection of input.connections) {
    const name = connection[input.key];
    bytesByName.set(name, (bytesByName.get(name) ?? 0) + bytesOf(connection));
  }
  return [...bytesByName]
    .map(([name, bytes]) => ({ name, bytes }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** Both directions of a connection. */
export function bytesOf(connection: Pick<ObservedConnection, 'uploadBytes' | 'downloadBytes'>): number {
  return connection.uploadBytes + connection.downloadBytes;
}
