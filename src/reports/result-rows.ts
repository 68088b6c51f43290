// The final row of each run, the same wherever a result is read from.
import type { ResultRow } from '../evidence/result-row.ts';
import { BYTES_PER_MIB, formatBytes, formatDuration, formatMiB, formatRate } from '../quantities/quantities.ts';
import { clientText } from './client-text.ts';
import { type Paint, paintState } from './paint.ts';
import { type Column, renderTable } from './table.ts';

const FIRST_COLUMNS: readonly Column[] = [
  { header: 'TARGET' },
  { header: 'PROFILE' },
  { header: 'JOB' },
  { header: 'STATE' },
  { header: 'DURATION', align: 'right' },
];

const TRAFFIC_COLUMNS: readonly Column[] = [
  { header: 'IMAGE-PULL MiB', align: 'right' },
  { header: 'APK MiB', align: 'right' },
  { header: 'NPM MiB', align: 'right' },
  { header: 'GO MiB', align: 'right' },
  { header: 'GIT-MIRROR MiB', align: 'right' },
  { header: 'STAGE_PROXY WINDOW', align: 'right' },
  { header: 'RATE', align: 'right' },
  { header: 'CUMULATIVE', align: 'right' },
  { header: 'TOP CLIENT' },
  { header: 'TOP DESTINATION' },
];

const LAST_COLUMNS: readonly Column[] = [{ header: 'FAILURE FAMILY' }];

/** One line for each run; each as a list where the terminal is narrower than the table. What no run has measured has no columns. */
export function renderResultRows(input: {
  readonly rows: readonly ResultRow[];
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { rows, paint, width } = input;
  const hasTraffic = rows.length === 0 || rows.some(({ sampled }) => sampled === undefined);
  return renderTable({
    columns: [...FIRST_COLUMNS, ...(hasTraffic ? TRAFFIC_COLUMNS : []), ...LAST_COLUMNS],
    width,
    rows: rows.map((row) => [
      row.target,
      row.profile,
      row.job,
      paintState({ state: row.state, paint }),
      formatDuration(row.durationMs),
      ...(hasTraffic ? trafficCells(row) : []),
      row.failureFamily,
    ]),
  });
}

function trafficCells(row: ResultRow): readonly string[] {
  if (row.sampled !== undefined) return TRAFFIC_COLUMNS.map(() => '-');
  return [
    mib(row.imagePullMiB),
    mib(row.apkMiB),
    mib(row.npmMiB),
    mib(row.goMiB),
    mib(row.gitMirrorMiB),
    formatBytes(row.windowBytes),
    formatRate(row.rateBytesPerSecond),
    formatBytes(row.cumulativeBytes),
    row.topClient === null ? '-' : clientText(topClientOf(row.topClient, row.topClientClass)),
    row.topDestination ?? '-',
  ];
}

function topClientOf(name: string, clientClass: ResultRow['topClientClass']): Parameters<typeof clientText>[0] {
  return clientClass === undefined ? { name } : { name, class: clientClass };
}

/** Undefined in rows that earlier versions have left in a fleet's result. */
function mib(amount: number | null | undefined): string {
  return formatMiB(amount === null || amount === undefined ? null : amount * BYTES_PER_MIB);
}
