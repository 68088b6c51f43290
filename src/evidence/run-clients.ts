// Every client that used the proxy during a run, and whether the run had the proxy to itself.
import type { Evidence, KnownClients, Talker } from './evidence.ts';
import type { ObservedConnection } from './sample-series.ts';
import { LEAST_PAYLOAD_BYTES } from './perhaps-own.ts';
import { talkersBy } from './talkers.ts';

/** The run's own clients are always listed; of the others those with the most bytes, the rest as `others`. */
export const MOST_CLIENTS = 20;

/** The name under which the clients that are not listed are summed up. */
export const OTHER_CLIENTS = 'others';

/**
 * `shared` is true once a client that is not the run's own moved bytes, or its node moved some that are nothing of the
 * run's; false when all were its own, and left out where that cannot be told.
 */
export function runClients(input: {
  readonly connections: readonly ObservedConnection[];
  readonly clients: KnownClients;
  /** What the node moved for others. */
  readonly foreignNodeBytes: number;
}): Pick<Evidence, 'clients' | 'shared'> {
  const all = talkersBy({ key: 'client', ...input });
  const isShared = all.some((talker) => talker.class === 'other') || input.foreignNodeBytes >= LEAST_PAYLOAD_BYTES;
  const isTold = isShared || all.every((talker) => talker.class !== undefined);
  return { clients: listed(all), ...(isTold ? { shared: isShared } : {}) };
}

function listed(all: readonly Talker[]): readonly Talker[] {
  const foreign = all.filter((talker) => !isOwn(talker));
  const room = Math.max(0, MOST_CLIENTS - (all.length - foreign.length));
  const rest = foreign.slice(room);
  const bytes = rest.reduce((total, talker) => total + talker.bytes, 0);
  const allOther = rest.every((talker) => talker.class === 'other');
  return [
    ...all.filter((talker) => !rest.includes(talker)),
    ...(rest.length === 0 ? [] : [{ name: OTHER_CLIENTS, bytes, ...(allOther ? { class: 'other' as const } : {}) }]),
  ];
}

function isOwn(talker: Talker): boolean {
  return talker.class === 'pod' || talker.class === 'node';
}
