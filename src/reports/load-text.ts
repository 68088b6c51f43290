// What a load measured, for people, in the order in which ab tells it.
import type { LoadReport, Times } from '../load/load-report.ts';
import { formatBytes, formatDuration, formatRate } from '../quantities/quantities.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

const PHASE_NAMES = [
  ['Connect', 'connect'],
  ['Processing', 'processing'],
  ['Waiting', 'waiting'],
  ['Total', 'total'],
] as const;

const PERCENTILES = [
  ['50%', 'p50Ms'],
  ['66%', 'p66Ms'],
  ['75%', 'p75Ms'],
  ['80%', 'p80Ms'],
  ['90%', 'p90Ms'],
  ['95%', 'p95Ms'],
  ['98%', 'p98Ms'],
  ['99%', 'p99Ms'],
  ['99.9%', 'p999Ms'],
  ['100%', 'maxMs'],
] as const;

/** `title` says what was asked: `GET 127.0.0.1:988/path`. */
export function renderLoad(input: {
  readonly title: string;
  readonly report: LoadReport;
  readonly paint: Paint;
}): string {
  const { title, report, paint } = input;
  return [
    paint.strong(title),
    shapeLine(report),
    ...(report.note === undefined ? [] : [paint.bad(report.note)]),
    '',
    renderTable({
      columns: [{ header: '' }, { header: '' }],
      rows: totals({ report, paint }),
    }).trimStart(),
    ...(report.completed === 0 ? [] : timeTables(report)),
  ].join('\n');
}

function timeTables(report: LoadReport): readonly string[] {
  return [
    '',
    renderTable({
      columns: [
        { header: 'TIMES (MS)' },
        ...['MIN', 'MEAN', 'SD', 'MEDIAN', 'MAX'].map((header) => ({ header, align: 'right' as const })),
      ],
      rows: PHASE_NAMES.map(([name, phase]) => [name, ...phaseCells(report[phase])]),
    }),
    '',
    renderTable({
      columns: [{ header: 'ANSWERED WITHIN' }, { header: 'MS', align: 'right' }],
      rows: PERCENTILES.map(([name, field]) => [name, formatMs(report.total[field])]),
    }),
  ];
}

function shapeLine({ shape, connections, keepAlive, open }: LoadReport): string {
  const over = `${connections} connections, ${keepAlive ? 'kept alive' : 'one for each request'}`;
  return open === undefined || shape === 'closed'
    ? `closed loop, ${over}`
    : `open loop, ${open.ratePerSecond} requests/s (${open.arrivals}), at most ${over}; total counts from the scheduled time`;
}

function totals({ report, paint }: { readonly report: LoadReport; readonly paint: Paint }): readonly string[][] {
  const { requests, completed, failed, errors, statuses, examples, open, abandoned } = report;
  const whole = report.cancelled === true ? paint.bad(' (stopped before its end)') : '';
  return [
    ['Requests', `${requests} in ${formatDuration(report.durationMs)}${whole}`],
    ['Completed', String(completed)],
    ['Failed', failed === 0 ? '0' : paint.bad(String(failed))],
    ...Object.entries(errors)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [`  ${name}`, `${count}${exampleOf({ examples, name })}`]),
    ...(abandoned === undefined ? [] : [['Abandoned', String(abandoned)]]),
    [
      'Statuses',
      Object.entries(statuses)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ') || '-',
    ],
    ['Requests per second', report.requestsPerSecond.toFixed(2)],
    ['Received', `${formatBytes(report.receivedBytes)}, ${formatRate(report.transferBytesPerSecond)}`],
    ...(open === undefined
      ? []
      : [
          ['Most waiting', `at most ${open.mostWaiting}`],
          [
            'Begun late by',
            `${formatMs(open.lateP99Ms)} ms (99%), ${formatMs(open.lateMaxMs)} ms at most, with a connection free`,
          ],
        ]),
  ];
}

function exampleOf(input: { readonly examples: LoadReport['examples']; readonly name: string }): string {
  const message = Object.entries(input.examples ?? {}).find(([name]) => name === input.name)?.[1];
  return message === undefined ? '' : `  (${message})`;
}

function phaseCells({ minMs, meanMs, sdMs, p50Ms, maxMs }: Times): readonly string[] {
  return [minMs, meanMs, sdMs, p50Ms, maxMs].map(formatMs);
}

/** Three figures are what is measured. */
function formatMs(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  return ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}
