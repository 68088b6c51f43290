// What a load says of itself at its end, and a strict reader of that. Pure: verdicts in workflows are made from it.

/** Why a request counts as failed. */
export const ERROR_CLASSES = ['refused', 'reset', 'timeout', 'malformed', 'status', 'other'] as const;

/**
 * `refused`: nobody listens. `reset`: the connection was reset, or closed before an answer began. `timeout`: no whole
 * answer in time. `malformed`: not HTTP, or fewer bytes than announced. `status`: a whole answer, but not 2xx.
 * `other`: what this machine could not do (no port, file or route left).
 */
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export const TIME_FIELDS = [
  'minMs',
  'meanMs',
  'sdMs',
  'p50Ms',
  'p66Ms',
  'p75Ms',
  'p80Ms',
  'p90Ms',
  'p95Ms',
  'p98Ms',
  'p99Ms',
  'p999Ms',
  'maxMs',
] as const;

/** How times are spread, in milliseconds, each within 0.1%; all 0 when nothing was measured. */
export type Times = { readonly [Field in (typeof TIME_FIELDS)[number]]: number };

export const PHASES = ['connect', 'processing', 'waiting', 'total'] as const;

/** The schedule of an open loop, and how it was kept. */
export interface OpenLoopReport {
  /** What was asked for; what came of it is `requestsPerSecond`. */
  readonly ratePerSecond: number;
  readonly arrivals: 'poisson' | 'constant';
  /**
   * At most so many requests were due and waited for a free connection at one moment: of several threads it is the sum of
   * each one's worst, which need not be the same. None of them is ever dropped.
   */
  readonly mostWaiting: number;
  /** How late requests began although a connection was free: the generator's own share of `total`. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
}

/** Plain JSON, at most `MAX_LOAD_REPORT_BYTES` when serialised by `writeLoadReport`. What warm-up did is in none of it. */
export interface LoadReport {
  readonly version: 1;
  readonly shape: 'closed' | 'open';
  /** Most connections at one time. */
  readonly connections: number;
  readonly keepAlive: boolean;
  /** Requests that were begun. */
  readonly requests: number;
  /** Those with a whole answer, whatever its status. */
  readonly completed: number;
  /** Those without a whole answer, and those with a status other than 2xx: the sum of `errors`. */
  readonly failed: number;
  readonly errors: Readonly<Record<ErrorClass, number>>;
  /** Whole answers by status; `other` beyond `MAX_STATUSES` different ones. */
  readonly statuses: Readonly<Record<string, number>>;
  /** From the first request (open loop: the start of its schedule) to the last byte of the last answer. */
  readonly durationMs: number;
  /** `completed` over `durationMs`. */
  readonly requestsPerSecond: number;
  /** Heads and bodies. */
  readonly receivedBytes: number;
  readonly transferBytesPerSecond: number;
  /** Dialling to connected; only of requests that opened a connection. */
  readonly connect: Times;
  /** Connected (on a kept connection: begun) to the last byte. */
  readonly processing: Times;
  /** Request written to the first byte. */
  readonly waiting: Times;
  /** Begun to the last byte; in an open loop from the scheduled time, so that a stall is counted. */
  readonly total: Times;
  /** Present when the load was stopped before its end. */
  readonly cancelled?: true;
  /** Requests under way when it was stopped: neither completed nor failed. */
  readonly abandoned?: number;
  readonly open?: OpenLoopReport;
  /** What a reader must know before all figures: that nothing was measured. */
  readonly note?: string;
  /** The first message of each class of errors. */
  readonly examples?: Readonly<Partial<Record<ErrorClass, string>>>;
}

/** Six containers share a Pod's 12 KiB of termination messages in equal parts; this leaves room for a stage's own times. */
export const MAX_LOAD_REPORT_BYTES = 1_900;
/** Different statuses that are counted apart. */
export const MAX_STATUSES = 20;

/** One line of JSON of at most `MAX_LOAD_REPORT_BYTES`; examples are left out where they would not fit. */
export function writeLoadReport(report: LoadReport): string {
  const text = JSON.stringify(report);
  // Messages are ASCII (see the tally), so characters are bytes.
  if (text.length <= MAX_LOAD_REPORT_BYTES) return text;
  const { examples: _examples, ...rest } = report;
  return JSON.stringify(rest);
}

/** Reads what `writeLoadReport` wrote; null for anything else, also when its sums do not agree. Unknown fields are left out. */
export function parseLoadReport(text: string): LoadReport | null {
  if (text.length > MAX_LOAD_REPORT_BYTES * 2) return null;
  try {
    return readReport(asRecord(JSON.parse(text)));
  } catch {
    return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readReport(fields: Fields): LoadReport {
  need(fields['version'] === 1);
  const shape = fields['shape'];
  const keepAlive = fields['keepAlive'];
  need(shape === 'closed' || shape === 'open');
  need(typeof keepAlive === 'boolean');
  const errorFields = asRecord(fields['errors']);
  const errors = countsOf({ keys: ERROR_CLASSES, fields: errorFields });
  const statusFields = asRecord(fields['statuses']);
  const statusKeys = Object.keys(statusFields);
  need(statusKeys.length <= MAX_STATUSES + 1 && statusKeys.every((key) => /^(?:[1-5]\d\d|other)$/.test(key)));
  const statuses = countsOf({ keys: statusKeys, fields: statusFields });
  const [requests, completed, failed] = [
    count(fields['requests']),
    count(fields['completed']),
    count(fields['failed']),
  ];
  const abandoned = fields['abandoned'] === undefined ? 0 : count(fields['abandoned']);
  need(failed === sum(errors) && completed === sum(statuses));
  need(requests === completed + (failed - errors.status) + abandoned);
  return {
    version: 1,
    shape,
    connections: count(fields['connections']),
    keepAlive,
    requests,
    completed,
    failed,
    errors,
    statuses,
    durationMs: amount(fields['durationMs']),
    requestsPerSecond: amount(fields['requestsPerSecond']),
    receivedBytes: count(fields['receivedBytes']),
    transferBytesPerSecond: amount(fields['transferBytesPerSecond']),
    connect: readTimes(fields['connect']),
    processing: readTimes(fields['processing']),
    waiting: readTimes(fields['waiting']),
    total: readTimes(fields['total']),
    ...(fields['cancelled'] === undefined ? {} : { cancelled: isTrue(fields['cancelled']) }),
    ...(fields['abandoned'] === undefined ? {} : { abandoned }),
    ...(fields['open'] === undefined ? {} : { open: readOpen(asRecord(fields['open'])) }),
    ...(fields['note'] === undefined ? {} : { note: words(fields['note']) }),
    ...(fields['examples'] === undefined ? {} : { examples: readExamples(asRecord(fields['examples'])) }),
  };
}

function readOpen(fields: Fields): OpenLoopReport {
  const arrivals = fields['arrivals'];
  need(arrivals === 'poisson' || arrivals === 'constant');
  return {
    ratePerSecond: amount(fields['ratePerSecond']),
    arrivals,
    mostWaiting: count(fields['mostWaiting']),
    lateP99Ms: amount(fields['lateP99Ms']),
    lateMaxMs: amount(fields['lateMaxMs']),
  };
}

function readTimes(value: unknown): Times {
  const fields = asRecord(value);
  return Object.fromEntries(TIME_FIELDS.map((field) => [field, amount(fields[field])])) as Times;
}

function readExamples(fields: Fields): Partial<Record<ErrorClass, string>> {
  const examples: Partial<Record<ErrorClass, string>> = {};
  for (const key of ERROR_CLASSES) {
    const message = fields[key];
    if (message === undefined) continue;
    examples[key] = words(message);
  }
  return examples;
}

function countsOf<Key extends string>(input: {
  readonly keys: readonly Key[];
  readonly fields: Fields;
}): Record<Key, number> {
  return Object.fromEntries(input.keys.map((key) => [key, count(input.fields[key])])) as Record<Key, number>;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

function asRecord(value: unknown): Fields {
  need(typeof value === 'object' && value !== null && !Array.isArray(value));
  return value as Fields;
}

function count(value: unknown): number {
  need(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
  return value;
}

function amount(value: unknown): number {
  need(typeof value === 'number' && Number.isFinite(value) && value >= 0);
  return value;
}

function words(value: unknown): string {
  need(typeof value === 'string');
  return value;
}

function isTrue(value: unknown): true {
  need(value === true);
  return value;
}

function need(holds: boolean): asserts holds {
  if (!holds) throw new TypeError('not a load report');
}
