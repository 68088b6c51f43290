// Whether our load generator measures what ab and wrk measure: the same target, which is the bottleneck, in turn.
//   npm run bench:load [-- --rounds 3] [-- --requests 4000] [-- --milli 300] [-- --output json]
// The target works for each request, within a quota of CPU (root; else it works longer). Exit code 1 when ours is not within 10% of ab.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseLoadReport } from '../src/load/load-report.ts';
import { PLAIN } from '../src/reports/paint.ts';
import { renderTable } from '../src/reports/table.ts';
import { createCgroup, whyNoCgroup } from '../test/support/cgroup.ts';
import type { Cgroup } from '../test/support/cgroup-model.ts';
import { readArguments } from './read-arguments.ts';

/** How far the median of ours may be from that of ab. */
const MOST_DIFFERENCE = 0.1;
const CONNECTIONS = 100;
/** What a proxy's own work may take for a request; where there is no quota, so much more that it is the bottleneck. */
const WORK_US = { withQuota: 200, without: 1_000 };
const WARM_UP_REQUESTS = 1_000;
/** Enough not to matter: what is bounded is its CPU. */
const TARGET_MIB = 512;
const OURS = fileURLToPath(new URL('../src/load/main.ts', import.meta.url));
const TARGET = fileURLToPath(new URL('load-target.ts', import.meta.url));

const { values } = readArguments({
  bench: import.meta.url,
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '4000' },
    milli: { type: 'string', default: '300' },
    output: { type: 'string', default: 'table' },
  },
});
const { requests } = values;

interface Measured {
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

interface Row extends Measured {
  readonly mode: string;
  readonly tool: string;
  readonly round: number;
}

const missing = [
  ['ab', 'apache2-utils'],
  ['wrk', 'wrk'],
].filter(([program = '']) => spawnSync(program, ['-V'], { stdio: 'ignore' }).error !== undefined);
if (missing.length > 0) {
  const names = missing.map(([program, debian]) => `${program} (Debian: ${debian})`).join(', ');
  process.stderr.write(
    `missing: ${names}. Install with: apt-get install ${missing.map(([, debian]) => debian).join(' ')}\n`,
  );
  process.exit(2);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${program} ended with ${child.exitCode}: ${stdout}`);
  return stdout;
}

async function ours(url: string, keepAlive: boolean): Promise<Measured> {
  const args = ['--requests', requests, '--connections', String(CONNECTIONS), '--http10'];
  const report = parseLoadReport(
    await run(process.execPath, [OURS, url, ...args, ...(keepAlive ? ['--keep-alive'] : [])]),
  );
  if (report === null) throw new Error('not a load report');
  const { requestsPerSecond, failed, total } = report;
  return { requestsPerSecond, failed, p50Ms: total.p50Ms, p99Ms: total.p99Ms };
}

async function ab(url: string, keepAlive: boolean): Promise<Measured> {
  const out = await run('ab', ['-q', '-n', requests, '-c', String(CONNECTIONS), ...(keepAlive ? ['-k'] : []), url]);
  return {
    requestsPerSecond: figure(out, /Requests per second: +([\d.]+)/),
    failed: figure(out, /Failed requests: +(\d+)/),
    p50Ms: figure(out, /\n +50% +(\d+)/),
    p99Ms: figure(out, /\n +99% +(\d+)/),
  };
}

/** It counts time and not requests, so it gets about as long as ours took. */
async function wrk(url: string, keepAlive: boolean, seconds: number): Promise<Measured> {
  const header = keepAlive ? [] : ['-H', 'Connection: close'];
  const duration = `${Math.max(2, Math.round(seconds))}s`;
  const out = await run('wrk', ['-t1', '-c', String(CONNECTIONS), '-d', duration, '--latency', ...header, url]);
  return {
    requestsPerSecond: figure(out, /Requests\/sec: +([\d.]+)/),
    failed: /Non-2xx/.test(out) ? figure(out, /Non-2xx or 3xx responses: +(\d+)/) : 0,
    p50Ms: milliseconds(out, '50%'),
    p99Ms: milliseconds(out, '99%'),
  };
}

function figure(out: string, pattern: RegExp): number {
  const value = Number(pattern.exec(out)?.[1] ?? Number.NaN);
  if (Number.isNaN(value)) throw new Error(`no ${String(pattern)} in:\n${out}`);
  return value;
}

function milliseconds(out: string, percent: string): number {
  const [, amount = '', unit = ''] = new RegExp(`\\n +${percent} +([\\d.]+)(us|ms|s)`).exec(out) ?? [];
  return Number(amount) * (unit === 'us' ? 0.001 : unit === 'ms' ? 1 : 1_000);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const group: Cgroup | null =
  (await whyNoCgroup()) === null
    ? createCgroup({ limits: { memoryMiB: TARGET_MIB, cpuMillicores: Number(values.milli) } })
    : null;
const workUs = group === null ? WORK_US.without : WORK_US.withQuota;
const command = [process.execPath, TARGET, String(workUs)];
const [program = '', ...args] = group?.enter(command) ?? command;
const target = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
const rows: Row[] = [];
try {
  const [chunk] = (await once(target.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${chunk.toString().trim()}/`;
  await run('ab', ['-q', '-n', String(WARM_UP_REQUESTS), '-c', '10', url]);
  process.stderr.write(
    `target: ${workUs} us of work for each request, ${group === null ? 'no quota' : `${values.milli}m of CPU`}\n`,
  );
  for (const keepAlive of [false, true]) {
    const mode = keepAlive ? 'kept alive' : 'one for each request';
    for (let round = 1; round <= Number(values.rounds); round++) {
      const add = (tool: string, measured: Measured): void => {
        rows.push({ mode, tool, round, ...measured });
        process.stderr.write(`${mode}, round ${round}: ${tool} ${measured.requestsPerSecond.toFixed(0)}/s\n`);
      };
      const mine = await ours(url, keepAlive);
      add('ours', mine);
      add('ab', await ab(url, keepAlive));
      add('wrk', await wrk(url, keepAlive, Number(requests) / mine.requestsPerSecond));
    }
  }
} finally {
  target.kill('SIGKILL');
  await once(target, 'close');
  await group?.remove();
}

const summaries = [...new Set(rows.map(({ mode }) => mode))].flatMap((mode) => {
  const of = (tool: string): readonly Row[] => rows.filter((row) => row.mode === mode && row.tool === tool);
  const rate = (tool: string): number => median(of(tool).map(({ requestsPerSecond }) => requestsPerSecond));
  return ['ours', 'ab', 'wrk'].map((tool) => ({
    mode,
    tool,
    requestsPerSecond: rate(tool),
    ofAb: rate(tool) / rate('ab'),
    p50Ms: median(of(tool).map(({ p50Ms }) => p50Ms ?? Number.NaN)),
    p99Ms: median(of(tool).map(({ p99Ms }) => p99Ms ?? Number.NaN)),
    failed: of(tool).reduce((sum, { failed }) => sum + failed, 0),
  }));
});
const broken = summaries.filter(
  ({ tool, ofAb, failed }) => tool === 'ours' && (!(Math.abs(ofAb - 1) <= MOST_DIFFERENCE) || failed > 0),
);
if (values.output === 'json') {
  process.stdout.write(`${JSON.stringify({ rows, summaries, broken }, undefined, 2)}\n`);
} else {
  const right = (header: string) => ({ header, align: 'right' as const });
  const columns = [
    { header: 'CONNECTIONS' },
    { header: 'TOOL' },
    ...['REQUESTS/S', 'OF AB', 'P50 MS', 'P99 MS', 'FAILED'].map(right),
  ];
  const cells = summaries.map(({ mode, tool, requestsPerSecond, ofAb, p50Ms, p99Ms, failed }) => [
    mode,
    tool,
    requestsPerSecond.toFixed(1),
    ofAb.toFixed(3),
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
    String(failed),
  ]);
  process.stdout.write(`${renderTable({ columns, rows: cells })}\n`);
  process.stdout.write(
    broken.length === 0
      ? PLAIN.good(`ours is within ${MOST_DIFFERENCE * 100}% of ab\n`)
      : broken
          .map(({ mode, ofAb, failed }) => `does not hold (${mode}): ${ofAb.toFixed(3)} of ab, ${failed} failed\n`)
          .join(''),
  );
}
if (broken.length > 0) process.exitCode = 1;
