// The whole benchmark on the test cluster: the shipped profile real-deps-500m with cold images, every claim checked.
//   npm run bench:cluster-run [-- --routes] [-- --target trans] [-- --profile real-deps-small] [-- --output json]
// With --routes over kube and trans, one after the other, and both side by side. Exit code 1 when a claim does not hold.
import { resultRow } from '../src/evidence/result-row.ts';
import { summaryOf } from '../src/evidence/result-summary.ts';
import { BYTES_PER_MIB, formatBytes } from '../src/quantities/quantities.ts';
import { renderEvidence } from '../src/reports/evidence-table.ts';
import { PLAIN } from '../src/reports/paint.ts';
import { renderResultRows } from '../src/reports/result-rows.ts';
import { FULL_PROFILE, KUBE, TRANS } from '../test/support/cluster-config.ts';
import { startClusterStack } from '../test/support/cluster-stack.ts';
import { realDepsProfile } from '../test/support/real-deps-profile.ts';
import {
  brokenClaims,
  type MeasuredRun,
  MOST_ROUTE_DIFFERENCE,
  measuredRun,
  routeDifferences,
} from '../test/support/measured-run.ts';
import { readArguments } from './read-arguments.ts';

const { values } = readArguments({
  bench: import.meta.url,
  options: {
    routes: { type: 'boolean', default: false },
    target: { type: 'string', default: KUBE },
    profile: { type: 'string', default: FULL_PROFILE },
    output: { type: 'string', default: 'table' },
  },
});
const { profile, output } = values;
const asJson = output === 'json';
const TIMEOUT_MS = 40 * 60_000;

const stack = await startClusterStack();
try {
  const payloadBytes = realDepsProfile({ config: stack.config, name: profile }).payloadMiB * BYTES_PER_MIB;
  const runs: MeasuredRun[] = [];
  for (const target of values.routes ? [KUBE, TRANS] : [values.target]) {
    const onLine = (line: string): boolean => process.stderr.write(`${line}\n`);
    const run = await measuredRun({ stack, target, profile, timeoutMs: TIMEOUT_MS, onLine });
    runs.push(run);
    if (!asJson) print(run);
  }
  const [first, second] = runs;
  const differences = first === undefined || second === undefined ? [] : routeDifferences(first, second);
  const broken = [
    ...runs.flatMap((run) => brokenClaims({ run, payloadBytes })),
    ...differences
      .filter(({ difference }) => !(Math.abs(difference) < MOST_ROUTE_DIFFERENCE))
      .map(({ stage, difference }) => `${stage} differs by ${percent(difference)} between the routes`),
  ];
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ runs, differences, broken }, undefined, 2)}\n`);
  } else {
    if (differences.length > 0) {
      process.stdout.write(
        `${renderResultRows({ rows: runs.map(({ result }) => resultRow(result)), paint: PLAIN })}\n\n`,
      );
      process.stdout.write(`| stage | ${KUBE} | ${TRANS} | difference |\n| --- | ---: | ---: | ---: |\n`);
      for (const { stage, bytes, difference } of differences)
        process.stdout.write(`| ${[stage, ...bytes.map(formatBytes), percent(difference)].join(' | ')} |\n`);
      process.stdout.write('\n');
    }
    process.stdout.write(
      broken.length === 0 ? 'every claim holds\n' : `${broken.map((each) => `does not hold: ${each}`).join('\n')}\n`,
    );
  }
  if (broken.length > 0) process.exitCode = 1;
} finally {
  await stack.stop();
}

/** What the command line shows at the end, from the whole result, and the proxy's own counters under it. */
function print({ result, counterBytes }: MeasuredRun): void {
  const { totalBytes } = result.evidence;
  const ratio = (totalBytes / counterBytes).toFixed(5);
  process.stdout.write(
    [
      `${result.plan.target.name}: profile ${result.plan.profile}, Job ${result.plan.jobName}`,
      renderEvidence({ summary: summaryOf(result), paint: PLAIN }),
      '',
      renderResultRows({ rows: [resultRow(result)], paint: PLAIN }),
      '',
      `by the proxy's own counters ${counterBytes} bytes, by the run ${totalBytes} bytes: ratio ${ratio}`,
      '',
      '',
    ].join('\n'),
  );
}

function percent(difference: number): string {
  return `${difference >= 0 ? '+' : ''}${(difference * 100).toFixed(2)} %`;
}
