// Runs a whole load, in this thread or in several, to its report.
import { lookup } from 'node:dns/promises';
import { Worker } from 'node:worker_threads';
import { InfrastructureError, InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { driveLoad } from './drive-load.ts';
import type { LoadReport } from './load-report.ts';
import type { LoadSettings } from './load-settings.ts';
import { PROGRESS_EVERY_MS, type ThreadOrder, type ThreadTask, type ThreadWord } from './load-thread.ts';
import { reportOf } from './report-of.ts';
import { type Tally, addTally, emptyTally, endedOf, failedOf } from './tally.ts';
import { realTime } from './timekeeper.ts';

/** How far a load is; warm-up is not counted. */
export interface LoadProgress {
  readonly elapsedMs: number;
  readonly ended: number;
  readonly failed: number;
}

export interface LoadRun {
  readonly settings: LoadSettings;
  /** Stops the load; the report then says so and has what was measured until then. */
  readonly signal: AbortSignal;
  /** Told twice a second. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** The program that a further thread runs: it begins with `runAsThread`. */
  readonly threadProgram: URL;
}

/** All threads get ready before this long has passed after the last of them was. */
const START_WITHIN_MS = 5;

/**
 * Resolves when every request has ended, or the signal aborts. Failed requests are in the report, not thrown.
 * @throws UnreachableError for a name that has no address; InfrastructureError when a thread dies; InvalidInputError for
 *   more than one thread where histograms cannot be handed from one to another
 */
export async function runLoad(run: LoadRun): Promise<LoadReport> {
  const { settings } = run;
  if (settings.threads > 1 && process.versions['bun'] !== undefined) {
    const hint = 'Run it with Node, or leave --threads out';
    throw new InvalidInputError([{ path: '--threads', value: settings.threads, message: 'bun runs one thread', hint }]);
  }
  const address = await addressOf(settings.host);
  const tally = settings.threads === 1 ? await runHere({ run, address }) : await runThreads({ run, address });
  return reportOf({ settings, tally });
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (thrown) {
    const hint = 'Name a host that this machine can resolve, or an address';
    throw new UnreachableError(`${host} has no address: ${messageOf(thrown)}`, hint, { cause: thrown });
  }
}

interface AddressedRun {
  readonly run: LoadRun;
  readonly address: string;
}

async function runHere({ run, address }: AddressedRun): Promise<Tally> {
  const { settings, signal, onProgress = () => undefined } = run;
  const timekeeper = realTime();
  const tally = emptyTally();
  const startMs = timekeeper.nowMs();
  const telling = setInterval(() => {
    onProgress({ elapsedMs: timekeeper.nowMs() - startMs, ended: endedOf(tally), failed: failedOf(tally) });
  }, PROGRESS_EVERY_MS);
  try {
    await driveLoad({ settings, thread: 0, address, tally, timekeeper, startMs, signal });
  } finally {
    clearInterval(telling);
  }
  return tally;
}

async function runThreads({ run, address }: AddressedRun): Promise<Tally> {
  const { settings, signal, onProgress = () => undefined, threadProgram } = run;
  const timekeeper = realTime();
  const workers = Array.from({ length: settings.threads }, (_each, thread) => {
    const workerData: ThreadTask = { task: 'proxybench-load', settings, thread, address };
    return new Worker(threadProgram, { workerData });
  });
  const tell = (order: ThreadOrder): void => workers.forEach((worker) => worker.postMessage(order));
  const told = workers.map(() => ({ ended: 0, failed: 0 }));
  const sum = emptyTally();
  const { promise: allReady, resolve: ready } = Promise.withResolvers<void>();
  let waitedFor = workers.length;
  const ends = workers.map(
    (worker, thread) =>
      new Promise<void>((resolve, reject) => {
        worker.on('message', (word: ThreadWord) => {
          if (word.word === 'ready') {
            waitedFor -= 1;
            if (waitedFor === 0) ready();
          } else if (word.word === 'progress') {
            told[thread] = word;
          } else {
            addTally(sum, word.tally);
            resolve();
          }
        });
        worker.on('error', reject);
        worker.on('exit', () => reject(new InfrastructureError('a thread of the load ended before its load')));
      }),
  );
  const onAbort = (): void => tell({ order: 'cancel' });
  let telling: NodeJS.Timeout | undefined;
  try {
    await Promise.race([allReady, Promise.all(ends)]);
    const startMs = timekeeper.nowMs() + START_WITHIN_MS;
    tell({ order: 'start', startMs });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    telling = setInterval(() => {
      const [ended, failed] = [
        told.reduce((all, each) => all + each.ended, 0),
        told.reduce((all, each) => all + each.failed, 0),
      ];
      onProgress({ elapsedMs: timekeeper.nowMs() - startMs, ended, failed });
    }, PROGRESS_EVERY_MS);
    await Promise.all(ends);
  } finally {
    clearInterval(telling);
    signal.removeEventListener('abort', onAbort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return sum;
}
