// `quickstart`: from nothing to a first result on this machine, with everything it needs.
import { resolve } from 'node:path';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import { configDirOption, debugOption, outputOption, stateDirOption, taskQueueOption } from './options.ts';
import type { Session } from './session.ts';

/** Nothing that it has started goes on without it. */
const LEFT = { ...EXIT_CODES.detached, meaning: 'Ctrl-C before there was a verdict; what had been started is ended.' };

export function quickstartCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'quickstart',
    summary: 'from nothing to a first result on this machine',
    description:
      'Finds or starts a Temporal with its web UI, the embedded egress proxy and a worker, runs a small benchmark on this ' +
      'machine with a live view, and ends with the evidence. In a terminal everything then stays up until Ctrl-C, so that ' +
      'you can look around; elsewhere, and with --exit, everything is ended and the exit code is that of the verdict. ' +
      'Ctrl-C during the run cancels it and ends everything.',
    examples: [
      ['proxybench quickstart', 'run it and look around'],
      ['proxybench quickstart --exit', 'run it, end everything, end with the verdict'],
      ['TEMPORAL_ADDRESS=127.0.0.1:7233 proxybench quickstart', 'on a Temporal that is there already'],
    ],
    exitCodes: Object.values({ ...EXIT_CODES, detached: LEFT }),
  })
    .option('--target <name>', 'host target to run on', 'local')
    .option('--profile <name>', 'benchmark profile', 'host-deps')
    .option('--git-remote <url>', 'public Git remote instead of this clone over loopback')
    .option('--exit', 'end everything once the result is there')
    .addOption(configDirOption())
    .addOption(stateDirOption())
    .addOption(taskQueueOption())
    .addOption(outputOption())
    .addOption(debugOption())
    .action(async ({ gitRemote, exit: ends, stateDir, ...options }) => {
      const { quickstart } = await import('./quickstart.ts');
      const { console } = session;
      const stays = ends !== true && console.width() !== undefined && console.noteTerminal !== null;
      await quickstart({
        ...options,
        session,
        stays,
        stateDir: resolve(stateDir),
        ...(gitRemote === undefined ? {} : { gitRemote }),
      });
    });
}
