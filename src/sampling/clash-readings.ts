// Keeps readings of a Clash API coming: by stream where it can, by polling meanwhile, silent only while the proxy is away.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors/errors.ts';
import type { ClashEndpoint } from './clash-endpoint.ts';
import { type ClashReading, parseConnections } from './clash-document.ts';
import { getFromClash } from './clash-request.ts';
import { runClashStream } from './clash-stream.ts';
import type { ControlSnapshot } from './control-client.ts';

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;

export interface ClashReadingsInput {
  readonly endpoint: ClashEndpoint;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onSnapshot: (snapshot: ControlSnapshot) => void;
  readonly onOutage: (reason: string) => void;
}

/** Runs until `signal` aborts; then returns with nothing left open. */
export async function pumpClashReadings(input: ClashReadingsInput): Promise<void> {
  // Whichever of the two fails with a fault of ours must not leave the other one running.
  const failed = new AbortController();
  const signal = AbortSignal.any([input.signal, failed.signal]);
  const pump = createPump({ ...input, signal });
  const tasks = [pump.stream(), pump.poll()].map(async (task) => {
    try {
      await task;
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  const ends = await Promise.allSettled(tasks);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined && !input.signal.aborted) throw broken.reason;
}

function createPump(input: ClashReadingsInput): { stream(): Promise<void>; poll(): Promise<void> } {
  const { endpoint, intervalMs, signal, onSnapshot, onOutage } = input;
  // The stream goes first; polling takes over once it has ended.
  let streaming = true;
  let pollNow: () => void = () => undefined;
  let pollAbort = new AbortController();
  let outage: string | undefined;
  let lastPolled: ClashReading | undefined;

  function tell(reading: ClashReading, via: ControlSnapshot['via']): void {
    outage = undefined;
    lastPolled = via === 'polling' ? reading : undefined;
    onSnapshot({ ...reading, atMs: Date.now(), via });
  }
  function tellOutage(reason: string): void {
    if (signal.aborted || outage === reason) return;
    outage = reason;
    onOutage(reason);
  }

  async function stream(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      let first = true;
      const end = await runClashStream({
        endpoint,
        intervalMs,
        signal,
        onOpen() {
          streaming = true;
          // Its answer could arrive after the stream's first document and be older.
          pollAbort.abort();
        },
        onReading(reading) {
          const overtaken = first && lastPolled !== undefined && isBehind(reading, lastPolled);
          first = false;
          retryMs = FIRST_RETRY_MS;
          // A poll answered meanwhile knows more; counters that seem to fall would be taken for a restart.
          if (!overtaken) tell(reading, 'stream');
        },
      });
      streaming = false;
      if (end.malformed) tellOutage(end.reason);
      pollNow();
      await pause({ ms: retryMs, signal });
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      if (streaming) {
        await streamGone();
        continue;
      }
      const startedMs = performance.now();
      await pollOnce();
      await pause({ ms: Math.max(0, intervalMs - (performance.now() - startedMs)), signal });
    }
  }

  async function pollOnce(): Promise<void> {
    pollAbort = new AbortController();
    const stop = AbortSignal.any([signal, pollAbort.signal]);
    try {
      const reading = await getFromClash({ endpoint, path: '/connections', parse: parseConnections, signal: stop });
      if (!stop.aborted) tell(reading, 'polling');
    } catch (error) {
      if (!stop.aborted) tellOutage(messageOf(error));
    }
  }

  /** Until the stream has ended, or everything. */
  function streamGone(): Promise<void> {
    return new Promise((resolve) => {
      pollNow = resolve;
    });
  }

  return { stream, poll };
}

function isBehind(reading: ClashReading, other: ClashReading): boolean {
  return reading.uploadTotalBytes < other.uploadTotalBytes || reading.downloadTotalBytes < other.downloadTotalBytes;
}

async function pause(input: { readonly ms: number; readonly signal: AbortSignal }): Promise<void> {
  try {
    await sleep(input.ms, undefined, { signal: input.signal });
  } catch {
    // Aborted: whoever waits looks at the signal next.
  }
}
