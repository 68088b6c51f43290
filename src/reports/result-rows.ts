// The final row of each run, the same wherever a result is read from.
import type { ResultRow } from '../evidence/result-row.ts';
import { BYTES_PER_MIB, formatBytes, formatDuration, formatMiB, formatRate } from '../quantities/quantities.ts';
import { type Paint, paintState } from './paint.ts';
import { type Column, renderTable } from './table.ts';

const COLUMNS: readonly Column[] = [
  { header: 'TARGET' },
  { header: 'PROFILE' },
  { header: 'JOB' },
  { header: 'STATE' },
  { header: 'DURATION', align: 'right' },
  { header: 'APK MiB', align: 'right' },
  { header: 'NPM MiB', align: 'right' },
  { header: 'GO MiB', align: 'right' },
  { header: 'GIT-MIRROR MiB', align: 'right' },
  { header: 'STAGE_PROXY WINDOW', align: 'right' },
  { header: 'RATE', align: 'right' },
  { header: 'CUMULATIVE', align: 'right' },
  { header: 'TOP CLIENT' },
  { header: 'TOP DESTINATION' },
  { header: 'FAILURE FAMILY' },
];

/** One line for each run; each as a list where the terminal is narrower than the table. */
export function renderResultRows(input: {
  readonly rows: readonly ResultRow[];
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { rows, paint, width } = input;
  return renderTable({
    columns: COLUMNS,
    width,
    rows: rows.map((row) => [
      row.target,
      row.profile,
      row.job,
      paintState({ state: row.state, paint }),
      formatDuration(row.durationMs),
      mib(row.apkMiB),
      mib(row.npmMiB),
      mib(row.goMiB),
      mib(row.gitMirrorMiB),
      formatBytes(row.windowBytes),
      formatRate(row.rateBytesPerSecond),
      formatBytes(row.cumulativeBytes),
      row.topClient ?? '-',
      row.topDestination ?? '-',
      row.failureFamily,
    ]),
  });
}

function mib(amount: number | null): string {
  return formatMiB(amount === null ? null : amount * BYTES_PER_MIB);
}
