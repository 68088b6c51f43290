// Follows a proxy's counters for as long as a run lasts and writes them down, so that nothing counted is lost with it.
import type { SamplingBaseline } from '../activities/contract.ts';
import { InfrastructureError, messageOf } from '../errors/errors.ts';
import { bytesOf } from '../evidence/talkers.ts';
import type { ControlClient, ControlSnapshot } from './control-client.ts';
import { InstanceWatch } from './instance-watch.ts';
import type { Journal } from './journal.ts';

const LAST_READING_TIMEOUT_MS = 2000;
const BASELINE_TRIES = 3;

/** A baseline travels through the run's history, in which a busy proxy's thousands of connections would have no room. */
const MOST_BASELINE_CONNECTIONS = 500;

/** How far a sampler has got; small enough for every heartbeat. */
export interface SamplerProgress {
  readonly atMs: number;
  /** The proxy's own totals since it started. */
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
  readonly instance?: string;
  /** How far into a recording, for readings that were recorded elsewhere. */
  readonly sequence?: number;
  readonly readings: { readonly stream: number; readonly polling: number };
}

/**
 * Reads the proxy's counters until `signal` aborts, then once more, and writes every reading and outage to the journal.
 * The last reading has `lastReadingTimeoutMs` (default 2 s); when it fails, that is noted as an outage and no error.
 * Returns the latest progress, or null when nothing was ever read.
 * @throws InfrastructureError when the journal cannot be written or the client stops by itself
 */
export async function runSampler(input: {
  readonly client: ControlClient;
  readonly journal: Journal;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: SamplerProgress) => void;
  readonly lastReadingTimeoutMs?: number;
  /** The clock that readings are stamped with; default the client's own, else this machine's. */
  readonly now?: () => number;
}): Promise<SamplerProgress | null> {
  const { client, journal, intervalMs, signal, onProgress } = input;
  const now = input.now ?? client.now ?? Date.now;
  const watch = new InstanceWatch({ client, now });
  const notes = new NoteWriter(journal);
  const readings = { stream: 0, polling: 0 };
  let progress: SamplerProgress | null = null;

  async function keep(kept: {
    snapshot: ControlSnapshot;
    instance: string | undefined;
    last?: boolean;
  }): Promise<void> {
    await journal.reading(kept);
    const { snapshot, instance } = kept;
    readings[snapshot.via] += 1;
    const { atMs, sequence, uploadTotalBytes, downloadTotalBytes } = snapshot;
    const known = {
      ...(instance === undefined ? {} : { instance }),
      ...(sequence === undefined ? {} : { sequence }),
    };
    progress = { atMs, uploadTotalBytes, downloadTotalBytes, ...known, readings: { ...readings } };
    onProgress?.(progress);
  }
  function onOutage(reason: string): void {
    watch.doubt();
    notes.write({ atMs: now(), reason });
  }

  await watch.check({ signal });
  for await (const snapshot of untilAborted({ client, intervalMs, signal, onOutage })) {
    notes.throwIfFailed();
    const sighting = await watch.sight({ snapshot, signal });
    if (sighting.keep) await keep({ snapshot, instance: sighting.instance });
  }
  const deadline = AbortSignal.timeout(input.lastReadingTimeoutMs ?? LAST_READING_TIMEOUT_MS);
  try {
    // Asked before the reading, so that the reading cannot be filed under a life that began after it.
    const instance = await watch.check({ signal: deadline });
    const snapshot = await client.read({ signal: deadline });
    await keep({ snapshot, instance, last: true });
  } catch (thrown) {
    if (thrown instanceof InfrastructureError) throw thrown;
    notes.write({ atMs: now(), reason: `the last reading failed: ${messageOf(thrown)}` });
  }
  await notes.settled();
  return progress;
}

/**
 * The totals that a run's bytes are counted from.
 * @throws UnreachableError when the control API does not answer; InfrastructureError when the proxy keeps restarting
 */
export async function openBaseline(input: {
  readonly client: ControlClient;
  readonly signal: AbortSignal;
}): Promise<SamplingBaseline> {
  const { client, signal } = input;
  let before = await client.instance({ signal });
  for (let tries = 0; tries < BASELINE_TRIES; tries++) {
    const snapshot = await client.read({ signal });
    const after = await client.instance({ signal });
    if (before === after) {
      return {
        atMs: snapshot.atMs,
        uploadBytes: snapshot.uploadTotalBytes,
        downloadBytes: snapshot.downloadTotalBytes,
        ...openConnections(snapshot),
        ...(after === undefined ? {} : { instance: after }),
      };
    }
    before = after;
  }
  throw new InfrastructureError(`the proxy restarted ${BASELINE_TRIES} times while its counters were being read`);
}

function openConnections({
  connections,
}: ControlSnapshot): Pick<SamplingBaseline, 'connections' | 'othersOpenedUntilMs'> {
  const largest = connections.toSorted((a, b) => bytesOf(b) - bytesOf(a)).slice(0, MOST_BASELINE_CONNECTIONS);
  const latestMs = connections.reduce((latest, { startMs }) => Math.max(latest, startMs), 0);
  return {
    connections: Object.fromEntries(largest.map((connection) => [connection.id, bytesOf(connection)])),
    ...(largest.length === connections.length ? {} : { othersOpenedUntilMs: latestMs }),
  };
}

/** The client's readings; an end that nobody asked for is a fault, for it would look like an idle proxy. */
async function* untilAborted(
  input: Parameters<ControlClient['readings']>[0] & { readonly client: ControlClient },
): AsyncGenerator<ControlSnapshot> {
  const { client, intervalMs, signal, onOutage } = input;
  try {
    yield* client.readings({ intervalMs, signal, onOutage });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  if (!signal.aborted) throw new InfrastructureError('the readings of the proxy ended by themselves');
}

/** Writes notes from callbacks that cannot wait, and keeps the first failure for those who can. */
class NoteWriter {
  readonly #journal: Journal;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly thrown: unknown } | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  write(note: { readonly atMs: number; readonly reason: string }): void {
    this.#writing = this.#journal.note(note).catch((thrown: unknown) => {
      this.#failure ??= { thrown };
    });
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  /** The journal keeps the order of calls, so the last note is written last. */
  async settled(): Promise<void> {
    await this.#writing;
    this.throwIfFailed();
  }
}
