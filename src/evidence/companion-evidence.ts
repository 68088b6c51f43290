// Readings of companions → what each of them did over the run and over each stage.
import type { CompanionReference } from '../plan/plan.ts';
import { BYTES_PER_MIB } from '../quantities/quantities.ts';
import type { CompanionEvidence, CompanionReading, CompanionStageEvidence, CompanionUsage } from './companion-model.ts';

/** When a stage ran, by the target's clock. */
export interface StageSpan {
  readonly stage: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Prometheus' own naming: only what is called so never falls, but for a program that began anew. */
const COUNTER = /_(?:total|count|sum|bucket)(?:\{|$)/;

/** Fields of a usage that only grow, and begin anew where their keeper counts each start of a companion by itself. */
type Growing = 'cpuSeconds' | 'periods' | 'throttledPeriods' | 'throttledSeconds' | 'restarts' | 'oomKills';

type Counts = Readonly<Record<string, number>>;

/** One for each companion, in the order of the plan. `readings` are ordered by time. */
export function companionEvidence(input: {
  readonly companions: readonly CompanionReference[];
  readonly readings: readonly CompanionReading[];
  readonly spans: readonly StageSpan[];
}): readonly CompanionEvidence[] {
  return input.companions.map((companion) => {
    const readings = input.readings.filter(({ name }) => name === companion.name);
    const usage = usageOver(readings);
    // Of the last reading that is more than a last word: what was missing once and came later is no matter.
    const note = readings.findLast((reading) => reading.note !== undefined || tellsAll(reading))?.note;
    const usageAtMs = readings.findLast((reading) => reading.usageAtMs !== undefined)?.usageAtMs;
    return {
      name: companion.name,
      readings: readings.length,
      usage,
      ...(usageAtMs === undefined ? {} : { usageAtMs }),
      ...pagesOf(readings),
      metrics: readings.findLast(hasPage)?.metrics ?? {},
      growth: growthOver(readings),
      stages: input.spans.flatMap((span) => stageEvidence({ span, readings })),
      limits: limitsOf({ companion, usage }),
      ...(note === undefined ? {} : { note }),
    };
  });
}

function stageEvidence(input: {
  readonly span: StageSpan;
  readonly readings: readonly CompanionReading[];
}): readonly CompanionStageEvidence[] {
  const { span, readings } = input;
  const first = readings.findLastIndex(({ atMs }) => atMs <= span.fromMs);
  const last = readings.findIndex(({ atMs }) => atMs >= span.toMs);
  const [before, after] = [readings[first], readings[last]];
  if (before === undefined || after === undefined) return [];
  const around = readings.slice(first, last + 1);
  const used = (field: Growing): number | null => grownWithin({ readings, field, span });
  const restartsBefore = usageOver(readings.slice(0, first + 1))?.restarts ?? null;
  return [
    {
      stage: span.stage,
      fromMs: before.atMs,
      toMs: after.atMs,
      growth: growthOver(around),
      used: {
        cpuSeconds: used('cpuSeconds'),
        periods: used('periods'),
        throttledPeriods: used('throttledPeriods'),
        throttledSeconds: used('throttledSeconds'),
      },
      ...(restartsBefore === null ? {} : { restartsBefore }),
    },
  ];
}

function pagesOf(readings: readonly CompanionReading[]): Pick<CompanionEvidence, 'pages'> {
  const [first, last] = [readings.find(hasPage), readings.findLast(hasPage)];
  return first === undefined || last === undefined ? {} : { pages: { fromMs: first.atMs, toMs: last.atMs } };
}

/**
 * What grew at all. A counter that was on no page before is taken to have begun at zero, but for the buckets of a histogram
 * that was there without them: whoever keeps readings few leaves those out.
 */
function growthOver(readings: readonly CompanionReading[]): Counts {
  const growth = new Map<string, number>();
  const known = new Map<string, number>();
  let before: CompanionReading | undefined;
  for (const reading of readings.filter(hasPage)) {
    const anew = before !== undefined && hasBegunAnew({ before, reading });
    if (anew) known.clear();
    for (const [name, value] of Object.entries(reading.metrics)) {
      if (!COUNTER.test(name)) continue;
      if (before !== undefined && (anew || known.has(name) || !isLeftOut({ name, before }))) {
        const grown = value - (anew ? 0 : (known.get(name) ?? 0));
        if (grown > 0) growth.set(name, (growth.get(name) ?? 0) + grown);
      }
      known.set(name, value);
    }
    before = reading;
  }
  return Object.fromEntries(growth);
}

function isLeftOut({ name, before }: { readonly name: string; readonly before: CompanionReading }): boolean {
  const histogram = /^(.*)_bucket(?:\{|$)/.exec(name)?.[1];
  if (histogram === undefined) return false;
  return Object.keys(before.metrics).some((other) => other.startsWith(`${histogram}_count`));
}

function hasBegunAnew({
  before,
  reading,
}: {
  readonly before: CompanionReading;
  readonly reading: CompanionReading;
}): boolean {
  if ((reading.usage?.restarts ?? 0) > (before.usage?.restarts ?? 0)) return true;
  return Object.entries(reading.metrics).some(
    ([name, value]) => COUNTER.test(name) && value < (before.metrics[name] ?? 0),
  );
}

/** Each field by itself: of what is there now the last word, of a peak or a limit the largest, of what grows the sum over all starts. */
function usageOver(readings: readonly CompanionReading[]): CompanionUsage | null {
  const usages = readings.flatMap(({ usage }) => (usage === null ? [] : [usage]));
  if (usages.length === 0) return null;
  const told = (field: keyof CompanionUsage): readonly number[] =>
    usages.map((usage) => usage[field]).filter((value) => value !== null);
  const peaks = [...told('peakMemoryBytes'), ...told('memoryBytes')];
  const summed = (field: Growing): number | null => sumOverStarts(told(field));
  return {
    memoryBytes: told('memoryBytes').at(-1) ?? null,
    peakMemoryBytes: told('peakMemoryBytes').length === 0 ? null : largest(peaks),
    memoryLimitBytes: largest(told('memoryLimitBytes')),
    cpuLimitMillicores: largest(told('cpuLimitMillicores')),
    cpuSeconds: summed('cpuSeconds'),
    periods: summed('periods'),
    throttledPeriods: summed('throttledPeriods'),
    throttledSeconds: summed('throttledSeconds'),
    restarts: summed('restarts'),
    oomKills: killsByEnd(readings) ?? summed('oomKills'),
  };
}

function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

/** Each end once, however often it was told; null where ends are not told apart. */
function killsByEnd(readings: readonly CompanionReading[]): number | null {
  if (readings.every(({ oomKilledEnds }) => oomKilledEnds === undefined)) return null;
  const ends = new Set(readings.flatMap(({ oomKilledEnds = [] }) => oomKilledEnds));
  // A program's own child may be killed, and the program go on: no end tells of that.
  return Math.max(ends.size, ...readings.map(({ usage }) => usage?.oomKills ?? 0));
}

function sumOverStarts(values: readonly number[]): number | null {
  const [first] = values;
  return first === undefined ? null : first + grownOver(values);
}

/** Between the last look before the span and the first after it. */
function grownWithin(input: {
  readonly readings: readonly CompanionReading[];
  readonly field: Growing;
  readonly span: StageSpan;
}): number | null {
  const { readings, field, span } = input;
  const told = readings.flatMap(({ atMs, usageAtMs = atMs, usage }) => {
    const value = usage?.[field] ?? null;
    return value === null ? [] : [{ atMs: usageAtMs, value }];
  });
  const first = told.findLastIndex(({ atMs }) => atMs <= span.fromMs);
  const last = told.findIndex(({ atMs }) => atMs >= span.toMs);
  if (first < 0 || last < 0) return null;
  return grownOver(told.slice(first, last + 1).map(({ value }) => value));
}

function grownOver(values: readonly number[]): number {
  return values.reduce((sum, value, index) => {
    const before = values[index - 1];
    if (before === undefined) return sum;
    return sum + (value >= before ? value - before : value);
  }, 0);
}

function limitsOf(input: {
  readonly companion: CompanionReference;
  readonly usage: CompanionUsage | null;
}): CompanionEvidence['limits'] {
  const { limits } = input.companion;
  const { memoryLimitBytes, cpuLimitMillicores, memoryBytes } = input.usage ?? {};
  if (limits === undefined) return 'none';
  const isHeld =
    typeof memoryLimitBytes === 'number' &&
    memoryLimitBytes <= limits.memoryMiB * BYTES_PER_MIB &&
    typeof cpuLimitMillicores === 'number' &&
    cpuLimitMillicores <= limits.cpuMillicores;
  if (isHeld) return 'enforced';
  // Who tells of memory and of no limit knows that there is none.
  return typeof memoryBytes === 'number' ? 'not-enforced' : 'unknown';
}

function hasPage({ metrics }: CompanionReading): boolean {
  return Object.keys(metrics).length > 0;
}

function tellsAll(reading: CompanionReading): boolean {
  return hasPage(reading) || (reading.usage?.memoryBytes ?? null) !== null;
}
