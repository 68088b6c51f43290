// A summary in the form that the annotation carries: rows that repeat are lists in a fixed order, to save their keys.
import type { Talker } from './evidence.ts';
import type { ResultSummary, SummaryCompanion, SummaryImage } from './result-summary.ts';
import type { ResultTable } from './result-table.ts';

/** Talkers become `[name, bytes, class?]`, images, companions and tables the lists made below; all else stays. */
export function compactSummary(summary: ResultSummary): object {
  const { images, clients, companions, tables, ...rest } = summary;
  return {
    ...rest,
    topClient: compactTalker(rest.topClient),
    topDestination: compactTalker(rest.topDestination),
    stages: rest.stages.map((stage) => ({
      ...stage,
      topClient: compactTalker(stage.topClient),
      topDestination: compactTalker(stage.topDestination),
    })),
    ...(images === undefined ? {} : { images: images.map(compactImage) }),
    ...(clients === undefined ? {} : { clients: clients.map(compactTalker) }),
    ...(companions === undefined ? {} : { companions: companions.map(compactCompanion) }),
    ...(tables === undefined ? {} : { tables: tables.map(compactTable) }),
  };
}

/** `[title, [[name, unit, expendable?], …], [[value, …], …]]` */
function compactTable({ title, columns, rows }: ResultTable): readonly unknown[] {
  const compactColumns = columns.map(({ name, unit, expendable }) => [
    name,
    unit,
    ...(expendable === undefined ? [] : [expendable]),
  ]);
  return [title, compactColumns, rows];
}

/** `[name, limits, peakMemoryBytes, memoryLimitBytes, cpuSeconds, periods, throttledPeriods, restarts, oomKills]` */
function compactCompanion(companion: SummaryCompanion): readonly unknown[] {
  const { name, limits, peakMemoryBytes, memoryLimitBytes, cpuSeconds, ...counts } = companion;
  const { periods, throttledPeriods, restarts, oomKills } = counts;
  return [name, limits, peakMemoryBytes, memoryLimitBytes, cpuSeconds, periods, throttledPeriods, restarts, oomKills];
}

/** `[image, outcome, durationMs, durationWithQueueMs, sizeBytes, proxyBytes, rateBytesPerSecond, reason?]` */
function compactImage(image: SummaryImage): readonly unknown[] {
  const { durationMs, durationWithQueueMs, sizeBytes, proxyBytes, rateBytesPerSecond, reason } = image;
  const numbers = [durationMs, durationWithQueueMs, sizeBytes, proxyBytes, rateBytesPerSecond];
  return [image.image, image.outcome, ...numbers, ...(reason === undefined ? [] : [reason])];
}

function compactTalker(talker: Talker | null): readonly unknown[] | null {
  if (talker === null) return null;
  return [talker.name, talker.bytes, ...(talker.class === undefined ? [] : [talker.class])];
}
