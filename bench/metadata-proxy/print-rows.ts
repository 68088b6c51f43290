// The benchmark's rows as a table that is read from left to right: who, under what, how fast, at what cost.
import type { AbReport } from './ab.ts';
import type { Claim } from './claims.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { Row } from './row.ts';

const MIB = 1024 * 1024;

interface Column {
  readonly title: string;
  readonly width: number;
  readonly left?: boolean;
  readonly of: (row: Row) => string | null;
}

const COLUMNS: readonly Column[] = [
  { title: 'scenario', width: 8, left: true, of: ({ scenario }) => scenario },
  { title: 'who', width: 19, left: true, of: ({ who }) => who },
  { title: 'cpu', width: 4, of: ({ cpuMillicores }) => (cpuMillicores === null ? null : `${cpuMillicores}m`) },
  { title: 'MiB', width: 3, of: ({ memoryMiB }) => whole(memoryMiB) },
  { title: 'pages', width: 5, left: true, of: ({ pages }) => pages },
  { title: 'clients', width: 7, of: ({ concurrency }) => String(concurrency) },
  { title: 'requests', width: 8, of: ({ report }) => whole(report?.complete) },
  { title: 'req/s', width: 7, of: (row) => whole(whileAlive(row)?.requestsPerSecond) },
  { title: 'ratio', width: 5, of: ({ ratio }) => ratio?.toFixed(2) ?? null },
  { title: 'p50 ms', width: 6, of: (row) => whole(whileAlive(row)?.p50Ms) },
  { title: 'p99 ms', width: 6, of: (row) => whole(whileAlive(row)?.p99Ms) },
  { title: 'failed', width: 6, of: ({ report }) => whole(report?.failed) },
  { title: 'not 2xx', width: 7, of: ({ report }) => whole(report?.notSuccessful) },
  { title: 'peak MiB', width: 8, of: ({ peakBytes }) => mib(peakBytes) },
  { title: 'anon', width: 5, of: ({ anonymousBytes }) => mib(anonymousBytes) },
  { title: 'files', width: 5, of: ({ fileBytes }) => mib(fileBytes) },
  { title: 'kernel', width: 6, of: ({ kernelBytes }) => mib(kernelBytes) },
  { title: 'refaults', width: 8, of: ({ refaults }) => whole(refaults) },
  { title: 'oom', width: 3, of: ({ oomKills }) => whole(oomKills) },
  { title: 'throttled', width: 9, of: ({ throttledPeriods, periods }) => share(throttledPeriods, periods) },
  { title: 'cpu us/req', width: 10, of: ({ cpuMicrosecondsPerRequest }) => whole(cpuMicrosecondsPerRequest) },
  { title: 'to upstream', width: 11, of: ({ upstreamRequests }) => whole(upstreamRequests) },
  { title: 'ready s', width: 7, of: ({ readyMs }) => (readyMs === null ? null : (readyMs / 1000).toFixed(2)) },
];

/** What the cold rows depend on. */
export function readAheadLine({ heldKib, ownKib }: ReadAhead): string {
  if (heldKib === null) return "how far the programs' disk reads ahead is not known";
  const own = ownKib === heldKib ? '' : `, ${ownKib ?? ''} KiB otherwise`;
  return `the programs' disk reads ${heldKib} KiB ahead${own}`;
}

/** The line above all rows. */
export function headLine(): string {
  return COLUMNS.map((column) => pad(column, column.title)).join('  ');
}

/** One row; why ab gave up at its end. */
export function rowLine(row: Row): string {
  const cells = COLUMNS.map((column) => pad(column, column.of(row) ?? '-'));
  const remarks = [...(row.gaveUp === null ? [] : [row.gaveUp]), ...(row.alive ? [] : ['it ended meanwhile'])];
  return [...cells, ...(remarks.length === 0 ? [] : [`(${remarks.join('; ')})`])].join('  ');
}

/** Refused connections are counted as answered at once: the rate of a server that has ended says nothing. */
function whileAlive({ alive, report }: Row): AbReport | null {
  return alive ? report : null;
}

/** One claim: the verdict first. */
export function claimLine({ claim, measured, holds }: Claim): string {
  return `${holds ? 'holds        ' : 'DOES NOT HOLD'}  ${claim}: ${measured}`;
}

function pad({ width, left }: Column, text: string): string {
  return left === true ? text.padEnd(width) : text.padStart(width);
}

function whole(value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : value.toFixed(0);
}

function mib(bytes: number | null): string | null {
  return bytes === null ? null : (bytes / MIB).toFixed(1);
}

function share(part: number | null, all: number | null): string | null {
  return part === null || all === null ? null : `${part}/${all}`;
}
