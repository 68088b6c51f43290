// Every failure provoked for real on the test cluster: family, reason and time to the verdict.
//   npm run bench:cluster-failures [-- --only TEXT] [-- --output json] [-- --trans]
// A markdown table, written as it goes; exit code 1 when a run made something else of its failure than it should.
import { messageOf } from '../src/errors/errors.ts';
import { KUBE, TRANS } from '../test/support/cluster-config.ts';
import { startClusterStack } from '../test/support/cluster-stack.ts';
import { findings, provokeFailure } from '../test/e2e/cluster/provoked-failure.ts';
import { PROVOKED_FAILURES } from '../test/e2e/cluster/provoked-failures.ts';
import { readArguments } from './read-arguments.ts';

const { values } = readArguments({
  bench: import.meta.url,
  options: {
    only: { type: 'string', default: '' },
    output: { type: 'string', default: 'table' },
    trans: { type: 'boolean' },
  },
});
const asJson = values.output === 'json';
const stack = await startClusterStack();
const rows: object[] = [];
try {
  if (!asJson) {
    process.stdout.write('| failure | how it is provoked | outcome | family | reason | time to verdict |\n');
    process.stdout.write('| --- | --- | --- | --- | --- | ---: |\n');
  }
  for (const failure of PROVOKED_FAILURES) {
    const { name, how, needsOwnCluster } = failure;
    if (!name.includes(values.only)) continue;
    if (needsOwnCluster && !stack.cluster.isOwn) {
      process.stderr.write(`left out: ${name}: needs the project's own test cluster\n`);
      continue;
    }
    try {
      const target = values.trans === true ? TRANS : KUBE;
      const provoked = await provokeFailure({ stack, failure, target });
      const { verdict, pullAttempts } = provoked.result;
      const { outcome, failureFamily: family, reason, logLines } = verdict;
      const seconds = provoked.toVerdictMs / 1000;
      const wrong = findings({ failure, provoked });
      rows.push({ name, how, outcome, family, reason, logLines, pullAttempts, seconds, wrong });
      if (!asJson)
        process.stdout.write(
          `| ${[name, how, outcome, family, cell(reason), `${seconds.toFixed(1)} s`].join(' | ')} |\n`,
        );
      for (const line of wrong) process.stderr.write(`wrong: ${name}: ${line}\n`);
      if (wrong.length > 0) process.exitCode = 1;
    } catch (thrown) {
      process.stderr.write(`broke: ${name}: ${messageOf(thrown)}\n`);
      process.exitCode = 1;
    }
  }
  if (asJson) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
} finally {
  await stack.stop();
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
