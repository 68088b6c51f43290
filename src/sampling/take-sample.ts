// A live look at a proxy, some seconds long: who moves how much to where right now.
import type { TrafficSample } from '../activities/contract.ts';
import { InvalidInputError } from '../errors/errors.ts';
import type { SampleSeries } from '../evidence/sample-series.ts';
import { rateOf } from '../evidence/rate-of.ts';
import { bytesOf, talkersBy } from '../evidence/talkers.ts';
import { ChangesOnly } from './changes-only.ts';
import type { ControlClient, ControlSnapshot } from './control-client.ts';
import type { JournalRecord } from './journal-record.ts';
import { openBaseline } from './sampler.ts';
import { foldSeries } from './series.ts';

const INTERVAL_MS = 250;
const LAST_READING_TIMEOUT_MS = 2000;
const MOST_TALKERS = 10;

/**
 * Samples for `seconds` (1 to 300), counting from a baseline taken first. The rate is over the time between the baseline
 * and the last reading; `cumulativeBytes` is the proxy's own total since it started.
 * @throws UnreachableError when the proxy does not answer at the start, or never again; what `signal` aborts with
 */
export async function sampleForSeconds(input: {
  readonly client: ControlClient;
  readonly seconds: number;
  readonly signal: AbortSignal;
}): Promise<Omit<TrafficSample, 'target'>> {
  const { client, seconds, signal } = input;
  checkSeconds(seconds);
  const baseline = await openBaseline({ client, signal });
  const records: JournalRecord[] = [];
  const changes = new ChangesOnly();
  let latest: ControlSnapshot | undefined;
  const take = (snapshot: ControlSnapshot): void => {
    latest = snapshot;
    changes.see(snapshot);
    const { atMs, via, uploadTotalBytes, downloadTotalBytes } = snapshot;
    records.push({ kind: 'reading', atMs, via, uploadTotalBytes, downloadTotalBytes, changed: changes.take() });
  };

  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), seconds * 1000);
  try {
    const window = AbortSignal.any([signal, over.signal]);
    for await (const snapshot of client.readings({
      intervalMs: INTERVAL_MS,
      signal: window,
      onOutage: () => undefined,
    }))
      take(snapshot);
  } catch (thrown) {
    if (!over.signal.aborted) throw thrown;
  } finally {
    clearTimeout(timer);
  }
  signal.throwIfAborted();
  try {
    take(await client.read({ signal: AbortSignal.any([signal, AbortSignal.timeout(LAST_READING_TIMEOUT_MS)]) }));
  } catch (thrown) {
    // What was read until then still tells something.
    if (latest === undefined || signal.aborted) throw thrown;
  }
  const cumulativeBytes = latest === undefined ? 0 : latest.uploadTotalBytes + latest.downloadTotalBytes;
  return {
    seconds,
    cumulativeBytes,
    ...numbersOf(foldSeries({ baseline, readings: [records], intervalMs: INTERVAL_MS })),
  };
}

function numbersOf(series: SampleSeries): Omit<TrafficSample, 'target' | 'seconds' | 'cumulativeBytes'> {
  const { connections } = series;
  const [first, last] = [series.points[0], series.points.at(-1)];
  const windowBytes = last?.totalBytes ?? 0;
  return {
    windowBytes,
    rateBytesPerSecond: rateOf({ bytes: windowBytes, durationMs: (last?.atMs ?? 0) - (first?.atMs ?? 0) }),
    attributedBytes: connections.reduce((total, connection) => total + bytesOf(connection), 0),
    unattributedBytes: last?.unexplainedBytes ?? 0,
    clients: talkersBy({ key: 'client', connections }).slice(0, MOST_TALKERS),
    destinations: talkersBy({ key: 'destination', connections }).slice(0, MOST_TALKERS),
  };
}

function checkSeconds(seconds: number): void {
  if (seconds >= 1 && seconds <= 300) return;
  const problem = {
    path: 'seconds',
    value: seconds,
    message: 'must be between 1 and 300',
    hint: 'Use 10 for a first look.',
  };
  throw new InvalidInputError([problem]);
}
