// The whole command line: short names, and the long form that leads to the very same commands.
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { cancelCommand } from './cancel-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { inheritOptions } from './inherit-options.ts';
import { listCommand } from './list-command.ts';
import { loadCommand } from './load-command.ts';
import { logsCommand } from './logs-command.ts';
import { newCommand } from './new-command.ts';
import { quickstartCommand } from './quickstart-command.ts';
import { runCommand } from './run-command.ts';
import { serveCommand } from './serve-command.ts';
import type { Session } from './session.ts';
import { statusCommand } from './status-command.ts';
import { trafficCommand } from './traffic-command.ts';
import { workerCommand } from './worker-command.ts';

const VERSION = '0.1.0';

/** Every command, ready to parse. */
export function program({ session }: { readonly session: Session }) {
  const root = newCommand({
    name: 'proxybench',
    summary: 'durable benchmarks for the proxies in and around a Kubernetes cluster',
    examples: [
      ['proxybench quickstart', 'from nothing to a first result on this machine'],
      ['proxybench run --targets local --profile host-deps --dry-run', 'what a run would do'],
      ['proxybench doctor D601', 'whether a target and its proxy are ready for one'],
    ],
    exitCodes: Object.values(EXIT_CODES),
  })
    .version(VERSION, '--version', 'show the version')
    .enablePositionalOptions()
    .addCommand(quickstartCommand({ session }))
    .addCommand(runCommand({ session, name: 'run', path: 'proxybench run' }))
    .addCommand(statusCommand({ session, path: 'proxybench status' }))
    .addCommand(logsCommand({ session, path: 'proxybench logs' }))
    .addCommand(trafficCommand({ session, path: 'proxybench traffic' }))
    .addCommand(cancelCommand({ session }))
    .addCommand(listCommand({ session }))
    .addCommand(workerCommand({ session }))
    .addCommand(doctorCommand({ session }))
    .addCommand(serveCommand({ session }))
    .addCommand(loadCommand({ session }))
    .addCommand(longForm({ session }));
  pointToHelp({ command: root, path: root.name() });
  return root;
}

/** After a usage error, the words that show how the command is used. */
function pointToHelp({ command, path }: { readonly command: CommandUnknownOpts; readonly path: string }): void {
  command.showHelpAfterError(`(see ${path} --help)`);
  for (const each of command.commands) pointToHelp({ command: each, path: `${path} ${each.name()}` });
}

function longForm({ session }: { readonly session: Session }) {
  const path = 'proxybench platform-infra egress-proxy';
  const benchmark = runCommand({ session, name: 'k3s-build-benchmark', path: `${path} k3s-build-benchmark` });
  inheritOptions(benchmark);
  benchmark.addCommand(statusCommand({ session, path: `${path} k3s-build-benchmark status` }));
  benchmark.addCommand(logsCommand({ session, path: `${path} k3s-build-benchmark logs` }));
  return newCommand({ name: 'platform-infra', summary: 'the same commands by their long names' })
    .enablePositionalOptions()
    .addCommand(
      newCommand({ name: 'egress-proxy', summary: 'benchmarks of the egress proxy' })
        .enablePositionalOptions()
        .addCommand(benchmark)
        .addCommand(trafficCommand({ session, path: `${path} traffic` })),
    );
}
