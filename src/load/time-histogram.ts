// Times in a High Dynamic Range histogram: the same small memory for ten and for ten million of them.
import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import { TIME_FIELDS, type Times } from './load-report.ts';

/** Whole microseconds from 1 to one hour, three digits exact: about 190 KiB each. */
const RANGE = { lowest: 1, highest: 3_600_000_000, figures: 3 } as const;

const PERCENTILES: Readonly<Partial<Record<keyof Times, number>>> = {
  p50Ms: 50,
  p66Ms: 66,
  p75Ms: 75,
  p80Ms: 80,
  p90Ms: 90,
  p95Ms: 95,
  p98Ms: 98,
  p99Ms: 99,
  p999Ms: 99.9,
};

const NO_TIMES = Object.fromEntries(TIME_FIELDS.map((field) => [field, 0])) as Times;

/** Node's own histogram; one that went to another thread and back can be added up. */
export function timeHistogram(): RecordableHistogram {
  return createHistogram(RANGE);
}

/** Adds one time in milliseconds; anything below a microsecond counts as one, anything above an hour as an hour. */
export function recordMs(histogram: RecordableHistogram, ms: number): void {
  const microseconds = Math.round(ms * 1000);
  histogram.record(microseconds < RANGE.lowest ? RANGE.lowest : Math.min(microseconds, RANGE.highest));
}

/** What is reported of it; zeros when it is empty. */
export function timesOf(histogram: RecordableHistogram): Times {
  if (histogram.count === 0) return NO_TIMES;
  const percentiles = Object.entries(PERCENTILES).map(([field, percent]) => [field, ms(histogram.percentile(percent))]);
  return {
    ...NO_TIMES,
    ...(Object.fromEntries(percentiles) as Partial<Times>),
    minMs: ms(histogram.min),
    meanMs: ms(histogram.mean),
    sdMs: ms(histogram.stddev),
    maxMs: ms(histogram.max),
  };
}

function ms(microseconds: number): number {
  return Math.round(microseconds) / 1000;
}
