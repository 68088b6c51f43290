// What a stage may have moved beyond the bytes known to be its own, so that nobody is accused on incomplete knowledge.
import type { Stage } from '../plan/plan.ts';
import { classOf } from './client-class.ts';
import type { ClientClass, KnownClients, PerhapsOwn } from './evidence.ts';
import type { ObservedConnection } from './sample-series.ts';
import type { ClosedInterval } from './find-interval.ts';
import type { StageWindow } from './stage-windows.ts';
import { bytesOf, talkersBy } from './talkers.ts';

/** Fewer bytes than this are no payload: a CONNECT and its answer take less. */
export const LEAST_PAYLOAD_BYTES = 1_024;

/** Which kinds of the run's own clients the proxy surely saw under addresses known to be theirs. */
export type SeenOwn = Readonly<Record<'pod' | 'node', boolean>>;

/**
 * A kind is seen once it moved a payload. The node only when the Pod was seen too: while no Pod shows itself, what comes
 * from the node may be the Pod's, behind a translation of addresses.
 */
export function seenOwn(input: {
  readonly connections: readonly ObservedConnection[];
  readonly clients: KnownClients;
}): SeenOwn {
  const bytesOfClass = (wanted: ClientClass): number =>
    talkersBy({ key: 'client', ...input }).reduce(
      (total, talker) => total + (talker.class === wanted ? talker.bytes : 0),
      0,
    );
  const pod = bytesOfClass('pod') >= LEAST_PAYLOAD_BYTES;
  return { pod, node: pod && bytesOfClass('node') >= LEAST_PAYLOAD_BYTES };
}

/**
 * Connections that may be a stage's own although they were not given to it: opened while it ran, by anybody who could be
 * its client. Until its own kind of client was seen that is everybody, but that a Pod never pulls images; from then
 * on only those of whom nobody can tell who they are. A merged connection may have opened wherever one of its parts
 * did. Null when there are none.
 */
export function perhapsOwn(input: {
  readonly kind: Stage['kind'];
  readonly stage: string;
  /** The stage's own stretches of time; of a pull its wait for other pulls too. */
  readonly windows: readonly StageWindow<ClosedInterval>[];
  readonly connections: readonly ObservedConnection[];
  /** Which stage a connection was given to. */
  readonly stageOf: ReadonlyMap<ObservedConnection, string>;
  readonly clients: KnownClients | undefined;
  readonly seen: SeenOwn;
  readonly toleranceMs: number;
}): PerhapsOwn | null {
  const { kind, stage, windows, stageOf, clients, seen, toleranceMs } = input;
  const found = input.connections.filter((connection) => {
    const owner = stageOf.get(connection);
    if (owner === stage || !couldBeOf({ kind, connection, clients, seen })) return false;
    return windows.some(({ interval: { fromMs, toMs }, toMs: reachesMs }) =>
      mayHaveOpenedIn({
        connection,
        // What another stage has is in doubt only where it opened surely within this one.
        ...(owner === undefined ? { fromMs: fromMs - toleranceMs, toMs: reachesMs + toleranceMs } : { fromMs, toMs }),
      }),
    );
  });
  const topClient = talkersBy({ key: 'client', connections: found, clients })[0];
  return topClient === undefined ? null : { bytes: found.reduce((sum, each) => sum + bytesOf(each), 0), topClient };
}

function couldBeOf(input: {
  readonly kind: Stage['kind'];
  readonly connection: ObservedConnection;
  readonly clients: KnownClients | undefined;
  readonly seen: SeenOwn;
}): boolean {
  const { kind, connection, clients, seen } = input;
  if (clients === undefined) return true;
  const own = kind === 'image-pull' ? 'node' : 'pod';
  const clientClass = classOf({ client: connection.client, clients });
  if (clientClass === undefined || clientClass === own) return true;
  return clientClass !== 'pod' && !seen[own];
}

/** A stage's end is the next one's start, and belongs to that. */
function mayHaveOpenedIn(input: {
  readonly connection: ObservedConnection;
  readonly fromMs: number;
  readonly toMs: number;
}): boolean {
  const { startMs, mergedStarts = { fromMs: startMs, toMs: startMs } } = input.connection;
  return mergedStarts.fromMs < input.toMs && mergedStarts.toMs >= input.fromMs;
}
