// What a load has measured so far, in memory that does not grow with it.
import type { RecordableHistogram } from 'node:perf_hooks';
import type { Exchange } from './exchange.ts';
import { ERROR_CLASSES, type ErrorClass, MAX_STATUSES, PHASES } from './load-report.ts';
import { recordMs, timeHistogram } from './time-histogram.ts';

/** Plain data and histograms, so that it can cross threads. */
export interface Tally {
  requests: number;
  completed: number;
  abandoned: number;
  receivedBytes: number;
  readonly errors: Record<ErrorClass, number>;
  readonly examples: Partial<Record<ErrorClass, string>>;
  readonly statuses: Record<string, number>;
  readonly times: Readonly<Record<(typeof PHASES)[number] | 'late', RecordableHistogram>>;
  /** Start of the counted part; Infinity when it has not begun. */
  fromMs: number;
  /** End of the last counted request, or of the load; -Infinity before. */
  untilMs: number;
  mostWaiting: number;
  cancelled: boolean;
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    completed: 0,
    abandoned: 0,
    receivedBytes: 0,
    errors: { refused: 0, reset: 0, timeout: 0, malformed: 0, status: 0, other: 0 },
    examples: {},
    statuses: {},
    times: {
      connect: timeHistogram(),
      processing: timeHistogram(),
      waiting: timeHistogram(),
      total: timeHistogram(),
      late: timeHistogram(),
    },
    fromMs: Number.POSITIVE_INFINITY,
    untilMs: Number.NEGATIVE_INFINITY,
    mostWaiting: 0,
    cancelled: false,
  };
}

/** Counts one request that has ended; `dueMs` is when an open loop wanted it to begin. */
export function tallyExchange(tally: Tally, exchange: Exchange, dueMs: number | null): void {
  const { failure, connectedMs, startedMs, endedMs, status } = exchange;
  tally.untilMs = Math.max(tally.untilMs, endedMs);
  tally.receivedBytes += exchange.receivedBytes;
  if (failure !== null) return tallyError({ tally, failure, message: exchange.message });
  tally.completed += 1;
  const { times } = tally;
  if (connectedMs !== null) recordMs(times.connect, connectedMs - startedMs);
  recordMs(times.processing, endedMs - (connectedMs ?? startedMs));
  recordMs(times.waiting, exchange.firstByteMs - exchange.writtenMs);
  recordMs(times.total, endedMs - (dueMs ?? startedMs));
  tallyStatus({ tally, key: String(status), by: 1 });
  if (status < 200 || status > 299) tallyError({ tally, failure: 'status', message: `answered ${status}` });
}

/** Adds what another thread has measured at the same time. */
export function addTally(sum: Tally, other: Tally): void {
  sum.requests += other.requests;
  sum.completed += other.completed;
  sum.abandoned += other.abandoned;
  sum.receivedBytes += other.receivedBytes;
  for (const key of ERROR_CLASSES) sum.errors[key] += other.errors[key];
  for (const [key, by] of Object.entries(other.statuses)) tallyStatus({ tally: sum, key, by });
  for (const phase of [...PHASES, 'late'] as const) sum.times[phase].add(other.times[phase]);
  Object.assign(sum.examples, { ...other.examples, ...sum.examples });
  sum.fromMs = Math.min(sum.fromMs, other.fromMs);
  sum.untilMs = Math.max(sum.untilMs, other.untilMs);
  // Their worst moments need not be the same one: so many at most.
  sum.mostWaiting += other.mostWaiting;
  sum.cancelled ||= other.cancelled;
}

/** Counted requests that have ended, well or not. */
export function endedOf(tally: Pick<Tally, 'completed' | 'errors'>): number {
  return tally.completed + failedOf(tally) - tally.errors.status;
}

/** Failed requests so far, as a report counts them. */
export function failedOf({ errors }: Pick<Tally, 'errors'>): number {
  return ERROR_CLASSES.reduce((failed, key) => failed + errors[key], 0);
}

/** Characters of a message that are kept. */
const EXAMPLE_LENGTH = 80;

function tallyError(input: { readonly tally: Tally; readonly failure: ErrorClass; readonly message: string }): void {
  const { tally, failure, message } = input;
  tally.errors[failure] += 1;
  // A server's words may be in it: nothing but printable ASCII, so that a character is a byte wherever it is shown.
  tally.examples[failure] ??= message.replace(/[^ -~]/g, '?').slice(0, EXAMPLE_LENGTH);
}

function tallyStatus(input: { readonly tally: Tally; readonly key: string; readonly by: number }): void {
  const { tally, key, by } = input;
  const known = tally.statuses[key];
  if (known !== undefined) tally.statuses[key] = known + by;
  else if (key !== 'other' && Object.keys(tally.statuses).filter((each) => each !== 'other').length >= MAX_STATUSES)
    tally.statuses['other'] = (tally.statuses['other'] ?? 0) + by;
  else tally.statuses[key] = by;
}
