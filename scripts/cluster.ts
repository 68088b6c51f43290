// The project's own test cluster: `npm run cluster -- up`, `status`, `down`.
import { Command } from '@commander-js/extra-typings';
import { messageOf } from '../src/errors/errors.ts';
import { takeDown } from '../test/cluster/down.ts';
import { clusterLayout } from '../test/cluster/layout.ts';
import { clusterStatus } from '../test/cluster/status.ts';
import type { ClusterStatus } from '../test/cluster/status.ts';
import { bringUp } from '../test/cluster/up.ts';

const layout = clusterLayout(process.env);
const startedAtMs = performance.now();

const program = new Command('npm run cluster --')
  .description('A real Kubernetes node on this machine for tests: no Docker, no virtual machine.')
  .addHelpText(
    'after',
    `
It needs Linux, root, Go and a Debian-like system; docs/test-cluster.md tells what is real in it and what stands in.

Examples:
  $ npm run cluster -- up                    some minutes the first time, half a minute afterwards
  $ export KUBECONFIG=${layout.kubeconfigFile}
  $ npm run cluster -- status --output json
  $ npm run cluster -- down                  also after a crash, also half-way through \`up\``,
  );

program
  .command('up')
  .description('build what is missing, start everything, print the KUBECONFIG')
  .action(async () => {
    const { cluster, wasUp } = await bringUp({ layout, env: process.env, onProgress: say });
    say(wasUp ? `the test cluster is up since ${cluster.startedAt}` : 'the test cluster is up');
    process.stdout.write(`export KUBECONFIG=${cluster.kubeconfigFile}\n`);
    say(`next: ${cluster.kubectl} get pods -A, npm run cluster -- status, npm run cluster -- down`);
  });

program
  .command('status')
  .description('what runs; exit code 0 when all of it does, else 1')
  .option('--output <format>', 'table or json', 'table')
  .action(async ({ output }) => {
    const status = await clusterStatus(layout);
    process.stdout.write(output === 'json' ? `${JSON.stringify(status, undefined, 2)}\n` : tableOf(status));
    process.exitCode = status.cluster === 'up' ? 0 : 1;
  });

program
  .command('down')
  .description('remove every process, mount, link, rule and file of it; exit code 1 when something is left')
  .option('--caches', 'remove what was built and fetched too')
  .action(async ({ caches }) => {
    const left = await takeDown({ layout, caches: caches === true, onProgress: say });
    for (const thing of left) say(`left: ${thing}`);
    say(
      left.length === 0 ? 'the test cluster is gone' : `${left.length} left; run it again, or see docs/test-cluster.md`,
    );
    process.exitCode = left.length === 0 ? 0 : 1;
  });

try {
  await program.parseAsync();
} catch (thrown) {
  say(messageOf(thrown));
  if (process.argv.includes('up')) say(`logs are in ${layout.logs}; npm run cluster -- down removes what was started`);
  process.exitCode = 1;
}

function tableOf({ cluster, components }: ClusterStatus): string {
  const rows = [
    ['component', 'pid', 'state', 'since'],
    ...components.map((row) => [row.component, String(row.pid ?? ''), row.state, row.since ?? '']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${components.length === 0 ? '' : `${lines.join('\n')}\n`}the test cluster is ${cluster}\n`;
}

function say(line: string): void {
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  process.stderr.write(`[${String(seconds).padStart(3)} s] ${line}\n`);
}
