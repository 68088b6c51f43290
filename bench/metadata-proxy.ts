// The metadata proxy within 25 MiB beside Go's plain pass-through: how many requests, how late, at what memory.
//   npm run bench:metadata-proxy -- [--quick] [--only SCENARIO]… [--read-ahead KIB|own] [--output json]
//   SCENARIO: upstream, 500m, 30m, overload, restart, and only when it is named `long`: 200,000 requests at 30m.
//   --read-ahead: how far the disk reads ahead of a page that a cold program misses; 128, the kernel's default, if not told,
//   and put back afterwards. `own`: as the machine has it.
// Needs root, ab (Debian: apache2-utils), go and a machine at rest; takes a quarter of an hour, with --quick three minutes.
// Ends with 1 when a claim does not hold.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../src/processes/go-install.ts';
import { findOnPath } from '../src/processes/find-on-path.ts';
import { whyNoCgroup } from '../test/support/cgroup.ts';
import { judgeRows } from './metadata-proxy/claims.ts';
import { createContenders } from './metadata-proxy/contenders.ts';
import { claimLine, headLine, readAheadLine, rowLine } from './metadata-proxy/print-rows.ts';
import { holdReadAhead, USUAL_READ_AHEAD_KIB } from './metadata-proxy/read-ahead.ts';
import { ALL_SCENARIOS, type Row, type Scenario, SCENARIOS } from './metadata-proxy/row.ts';
import { runScenario } from './metadata-proxy/scenarios.ts';
import { startUpstream } from './metadata-proxy/upstream.ts';
import { readArguments } from './read-arguments.ts';

const { values } = readArguments({
  bench: import.meta.url,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    'read-ahead': { type: 'string', default: String(USUAL_READ_AHEAD_KIB) },
    output: { type: 'string', default: 'text' },
  },
});
const wanted = values.only.length === 0 ? SCENARIOS : ALL_SCENARIOS.filter((name) => values.only.includes(name));
const unknown = values.only.filter((name) => !ALL_SCENARIOS.includes(name as Scenario));
const readAhead = values['read-ahead'];
const why =
  unknown.length > 0
    ? `no such scenario: ${unknown.join(', ')}`
    : /^(?:own|[1-9]\d{0,5})$/.test(readAhead)
      ? await whyNotHere()
      : `--read-ahead ${readAhead}: a number of KiB, or own`;
if (why !== null) {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
} else {
  const { rows, readAheadKib } = await run();
  const claims = judgeRows(rows);
  const document = { quick: values.quick, readAheadKib, rows, claims };
  process.stdout.write(
    values.output === 'json'
      ? `${JSON.stringify(document, null, 2)}\n`
      : `\n${claims.map((claim) => `${claimLine(claim)}\n`).join('')}`,
  );
  process.exitCode = claims.every(({ holds }) => holds) ? 0 : 1;
}

async function run(): Promise<{ readonly rows: readonly Row[]; readonly readAheadKib: number | null }> {
  const rows: Row[] = [];
  // With JSON as the result, the table is for who watches.
  const table = values.output === 'json' ? process.stderr : process.stdout;
  // In the cache, which is on a disk: a file in memory could not be made cold.
  const base = join(cacheDirectory(process.env), 'bench');
  mkdirSync(base, { recursive: true });
  const directory = mkdtempSync(join(base, 'programs-'));
  const held = holdReadAhead({ path: directory, kib: readAhead === 'own' ? null : Number(readAhead) });
  // By default a signal ends this process without its `exit` handlers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  try {
    const contenders = await createContenders({ directory });
    const upstream = await startUpstream();
    try {
      table.write(`${readAheadLine(held)}\n${headLine()}\n`);
      const onRow = (row: Row): void => {
        rows.push(row);
        table.write(`${rowLine(row)}\n`);
      };
      for (const scenario of wanted) {
        await runScenario({ scenario, bench: { upstream, contenders, quick: values.quick, onRow } });
      }
      return { rows, readAheadKib: held.heldKib };
    } finally {
      await upstream.stop();
    }
  } finally {
    held.release();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function whyNotHere(): Promise<string | null> {
  for (const program of ['ab', 'go', 'fincore', 'ldd']) {
    if (findOnPath({ program, path: process.env['PATH'] ?? '' }) === null) return `there is no \`${program}\` on PATH`;
  }
  return await whyNoCgroup();
}
