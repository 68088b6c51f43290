// The figures of a run as tables: one row for each set of limits, and how its times are spread.
import type { ResultColumn, ResultTable, ResultValue } from '../../evidence/result-table.ts';
import { PHASES, TIME_FIELDS } from '../../load/load-report.ts';
import type { LoadReport } from '../../load/load-report.ts';
import { BYTES_PER_MIB } from '../../quantities/quantities.ts';
import type { Measured } from './measured.ts';

const LIMIT_COLUMNS: readonly ResultColumn[] = [
  { name: 'limits', unit: 'text' },
  { name: 'requests', unit: 'count' },
  { name: 'failed', unit: 'count' },
  { name: 'rate', unit: 'perSecond' },
  { name: 'transfer', unit: 'bytesPerSecond', expendable: 2 },
  { name: 'took', unit: 'duration', expendable: 1 },
  { name: 'peak memory', unit: 'bytes' },
  { name: 'limit', unit: 'bytes', expendable: 4 },
  { name: 'CPU time', unit: 'duration', expendable: 3 },
  { name: 'throttled periods', unit: 'count' },
  { name: 'of periods', unit: 'count', expendable: 5 },
  { name: 'restarts', unit: 'count' },
  { name: 'killed for memory', unit: 'count', expendable: 6 },
];

/** As ApacheBench tells them, and three more percentiles. */
const TIME_COLUMNS: readonly ResultColumn[] = [
  { name: 'limits', unit: 'text' },
  { name: 'ms', unit: 'text' },
  { name: 'min', unit: 'ms', expendable: 6 },
  { name: 'mean', unit: 'ms' },
  { name: 'sd', unit: 'ms', expendable: 5 },
  { name: '50%', unit: 'ms' },
  { name: '66%', unit: 'ms', expendable: 1 },
  { name: '75%', unit: 'ms', expendable: 2 },
  { name: '80%', unit: 'ms', expendable: 1 },
  { name: '90%', unit: 'ms', expendable: 4 },
  { name: '95%', unit: 'ms', expendable: 3 },
  { name: '98%', unit: 'ms', expendable: 2 },
  { name: '99%', unit: 'ms' },
  { name: '99.9%', unit: 'ms', expendable: 3 },
  { name: 'max', unit: 'ms' },
];

/** Nothing for a run in which no load said anything and nothing was read. Pure. */
export function resultTables(measured: readonly Measured[]): readonly ResultTable[] {
  const known = measured.filter(({ report, companion }) => report !== null || (companion?.usage ?? null) !== null);
  const timed = known.flatMap(({ label, report }) =>
    // The times of nothing are zeros in a report, and would be read as the fastest there are.
    report === null || report.completed === 0 ? [] : timeRows({ label, report }),
  );
  return [
    ...(known.length === 0
      ? []
      : [{ title: 'The proxy within its limits', columns: LIMIT_COLUMNS, rows: known.map(limitRow) }]),
    ...(timed.length === 0
      ? []
      : [{ title: 'Times of a request in milliseconds', columns: TIME_COLUMNS, rows: timed }]),
  ];
}

function limitRow({ label, limits, report, companion, load, restarts }: Measured): readonly ResultValue[] {
  const usage = companion?.usage ?? null;
  // Of the load alone where readings before and after it tell; else of the whole run, in which the proxy was idle otherwise.
  const during = companion?.stages.find(({ stage }) => stage === load)?.used;
  const cpuSeconds = during?.cpuSeconds ?? usage?.cpuSeconds ?? null;
  return [
    label,
    report?.requests ?? null,
    report?.failed ?? null,
    rounded(report?.requestsPerSecond ?? null),
    rounded(report?.transferBytesPerSecond ?? null),
    rounded(report?.durationMs ?? null),
    usage?.peakMemoryBytes ?? null,
    usage?.memoryLimitBytes ?? limits.memoryMiB * BYTES_PER_MIB,
    cpuSeconds === null ? null : Math.round(cpuSeconds * 1_000),
    during?.throttledPeriods ?? usage?.throttledPeriods ?? null,
    during?.periods ?? usage?.periods ?? null,
    restarts.since,
    usage?.oomKills ?? null,
  ];
}

function timeRows(input: { readonly label: string; readonly report: LoadReport }): readonly (readonly ResultValue[])[] {
  const { label, report } = input;
  return PHASES.map((phase) => [label, phase, ...TIME_FIELDS.map((field) => rounded(report[phase][field]))]);
}

/** Two decimals, and none from a hundred on: what is shown, and no more to carry. */
function rounded(value: number | null): number | null {
  if (value === null) return null;
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
