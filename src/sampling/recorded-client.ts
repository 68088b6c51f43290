// The sampler's control client where readings are taken on the target's side and handed over from there.
import { setTimeout as pause } from 'node:timers/promises';
import type { ControlRecording, RecordedAnswer } from '../cluster/cluster.ts';
import { UnreachableError, messageOf } from '../errors/errors.ts';
import { MalformedDocumentError, parseConnections } from './clash-document.ts';
import type { ControlClient, ControlSnapshot } from './control-client.ts';

const DRAIN_WITHIN_MS = 10_000;
/** Within the time that a try at a baseline has, so that the reason is told and not just a timeout. */
const FIRST_READING_WITHIN_MS = 6_000;
const FINISH_AGAIN_MS = 1_000;

/** A control client that can tell how far the clock of its readings is off this machine's. */
export interface RecordedClient extends ControlClient {
  /** Undefined where the two may be equal, or it cannot be told. @throws what `signal` aborts with */
  clockOffsetMs(input: { readonly signal: AbortSignal }): Promise<number | undefined>;
}

/** Whether a client reads what was recorded elsewhere. */
export function isRecorded(client: ControlClient): client is RecordedClient {
  return 'clockOffsetMs' in client && typeof client.clockOffsetMs === 'function';
}

/**
 * Gives each recorded answer once and in order, stamped by the target's clock. A reading is acknowledged once the next
 * one is asked for, so that it is safe with whoever reads. The last one is kept back for `read`, the sampler's last word.
 * @param input.afterSequence where earlier attempts have come to; default 0, from the beginning
 * @param input.drainWithinMs how long after the abort what is left may take to arrive; default 10 s
 * @param input.endsRecording asked at the abort: whether it ends the run, and so the recorder. Where it does not, the
 * readings stop where they are and whoever comes next goes on from there. Default: always
 */
export function createRecordedClient(input: {
  readonly recording: ControlRecording;
  readonly afterSequence?: number;
  readonly drainWithinMs?: number;
  readonly endsRecording?: () => boolean;
}): RecordedClient {
  const { recording, afterSequence = 0, drainWithinMs = DRAIN_WITHIN_MS, endsRecording = () => true } = input;
  let latestMs: number | undefined;
  let begun = false;
  let last: ControlSnapshot | undefined;
  let silence = 'nothing was recorded';
  let leftToNext = false;

  function take(answer: RecordedAnswer): ControlSnapshot | { readonly outage: string } {
    latestMs = answer.atMs;
    const read = snapshotOf(answer);
    if ('outage' in read) silence = read.outage;
    return read;
  }

  async function* readings({ signal, onOutage }: Parameters<ControlClient['readings']>[0]) {
    begun = true;
    const stop = new AbortController();
    function onAbort(): void {
      leftToNext = !endsRecording();
      if (leftToNext) stop.abort();
      else drain.begin();
    }
    const drain = drainInto({ recording, stop, withinMs: drainWithinMs });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      for await (const answer of recording.answers({ afterSequence, signal: stop.signal })) {
        const read = take(answer);
        if (last !== undefined) {
          const { sequence } = last;
          yield last;
          last = undefined;
          if (sequence !== undefined) await recording.acknowledge({ sequence });
        }
        if ('outage' in read) onOutage(read.outage);
        else last = read;
      }
      // A recorder that is done says nothing more; the run goes on until somebody says otherwise.
      await aborted(signal);
      if (leftToNext) return;
      if (latestMs === undefined) last = await lastOfEarlier({ recording, afterSequence, signal: stop.signal });
    } catch (thrown) {
      if (!stop.signal.aborted) throw thrown;
      if (!leftToNext) onOutage(`what the recorder still had did not arrive within ${drainWithinMs} ms`);
    } finally {
      signal.removeEventListener('abort', onAbort);
      drain.end();
      stop.abort();
    }
  }

  return {
    now: () => latestMs ?? Date.now(),
    readings,
    // Nothing that could be asked tells one life of the proxy from another; falling counters do.
    instance: () => Promise.resolve(undefined),
    async clockOffsetMs({ signal }) {
      try {
        const offsetMs = await recording.clockOffsetMs?.({ signal });
        return offsetMs === 0 ? undefined : offsetMs;
      } catch {
        // A clock that cannot be read is none to correct by.
        signal.throwIfAborted();
        return undefined;
      }
    },
    async read({ signal }) {
      const kept = last;
      last = undefined;
      if (kept !== undefined) return kept;
      if (begun) throw unread(silence);
      const within = AbortSignal.any([signal, AbortSignal.timeout(FIRST_READING_WITHIN_MS)]);
      try {
        for await (const answer of recording.answers({ afterSequence, signal: within })) {
          const read = take(answer);
          if (!('outage' in read)) return read;
        }
      } catch (thrown) {
        signal.throwIfAborted();
        if (!within.aborted) throw thrown;
      }
      throw unread(silence);
    },
  };
}

function snapshotOf(answer: RecordedAnswer): ControlSnapshot | { readonly outage: string } {
  const { sequence, atMs, body } = answer;
  if (body === null) return { outage: answer.outage ?? 'no reason given' };
  try {
    return { ...parseConnections(body), atMs, sequence, via: 'polling' };
  } catch (thrown) {
    if (!(thrown instanceof MalformedDocumentError)) throw thrown;
    return { outage: `it is not a Clash API's answer (${messageOf(thrown)})` };
  }
}

function unread(why: string): UnreachableError {
  return new UnreachableError(
    `The proxy's control API cannot be read on the target: ${why}`,
    'Check that the proxy runs, that its control API listens where the configuration says, and its secret',
  );
}

/**
 * The last reading that an earlier attempt was given, where nothing came after it: it is never acknowledged, and told
 * again it counts once.
 */
async function lastOfEarlier(input: {
  readonly recording: ControlRecording;
  readonly afterSequence: number;
  readonly signal: AbortSignal;
}): Promise<ControlSnapshot | undefined> {
  const { recording, afterSequence, signal } = input;
  let last: ControlSnapshot | undefined;
  for await (const answer of recording.answers({ afterSequence: Math.max(0, afterSequence - 1), signal })) {
    const read = snapshotOf(answer);
    if (!('outage' in read)) last = read;
  }
  return last;
}

/** Once begun: asks for the end until it is heard, and stops waiting for the rest after `withinMs`. */
function drainInto(input: {
  readonly recording: ControlRecording;
  readonly stop: AbortController;
  readonly withinMs: number;
}): { readonly begin: () => void; readonly end: () => void } {
  const { recording, stop, withinMs } = input;
  let timer: NodeJS.Timeout | undefined;
  async function ask(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await recording.finish();
        return;
      } catch {
        // A line that is down now may be up again within what is left of the time.
        await pause(FINISH_AGAIN_MS, undefined, { ref: false });
      }
    }
  }
  return {
    begin: () => {
      timer = setTimeout(() => stop.abort(), withinMs);
      void ask();
    },
    end: () => clearTimeout(timer),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
