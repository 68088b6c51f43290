// A load's part in a thread of its own, and the words between it and the thread that waits for it.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { driveLoad } from './drive-load.ts';
import { type LoadSettings, shareOf } from './load-settings.ts';
import { type Tally, emptyTally, endedOf, failedOf } from './tally.ts';
import { realTime } from './timekeeper.ts';

/** What a thread is started with. */
export interface ThreadTask {
  readonly task: 'proxybench-load';
  /** Of the whole load. */
  readonly settings: LoadSettings;
  readonly thread: number;
  readonly address: string;
}

/** To a thread. `startMs` is on the axis that all threads share. */
export type ThreadOrder = { readonly order: 'start'; readonly startMs: number } | { readonly order: 'cancel' };

/** From a thread: it can start; how far it is; all that it measured. */
export type ThreadWord =
  | { readonly word: 'ready' }
  | { readonly word: 'progress'; readonly ended: number; readonly failed: number }
  | { readonly word: 'done'; readonly tally: Tally };

/** How often a thread tells how far it is. */
export const PROGRESS_EVERY_MS = 500;

/** Does this thread's part when the program was started as such a thread. False: it was not. */
export async function runAsThread(): Promise<boolean> {
  if (parentPort === null || !isTask(workerData)) return false;
  await followOrders({ port: parentPort, task: workerData });
  return true;
}

async function followOrders({ port, task }: { readonly port: MessagePort; readonly task: ThreadTask }): Promise<void> {
  const { settings, thread, address } = task;
  const timekeeper = realTime();
  const tally = emptyTally();
  const cancelling = new AbortController();
  const { promise: started, resolve: start } = Promise.withResolvers<number>();
  const say = (word: ThreadWord): void => port.postMessage(word);
  port.on('message', (order: ThreadOrder) => {
    if (order.order === 'start') start(order.startMs);
    else cancelling.abort();
  });
  say({ word: 'ready' });
  const startMs = await started;
  // Threads begin together, so that constant arrivals take turns and one clock measures all.
  await new Promise<void>((resolve) => timekeeper.callAt({ atMs: startMs, call: resolve }));
  const telling = setInterval(
    () => say({ word: 'progress', ended: endedOf(tally), failed: failedOf(tally) }),
    PROGRESS_EVERY_MS,
  );
  const share = shareOf({ settings, thread });
  await driveLoad({ settings: share, thread, address, tally, timekeeper, startMs, signal: cancelling.signal });
  clearInterval(telling);
  say({ word: 'done', tally });
  port.close();
}

function isTask(data: unknown): data is ThreadTask {
  return typeof data === 'object' && data !== null && 'task' in data && data.task === 'proxybench-load';
}
