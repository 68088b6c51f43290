// `run`: shows what would be done, or starts one run per target.
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import {
  addressOption,
  configDirOption,
  debugOption,
  namespaceOption,
  outputOption,
  targetsOption,
  taskQueueOption,
  wholeNumber,
} from './options.ts';
import { dryRun } from './run-dry.ts';
import { startRuns } from './run-start.ts';
import type { Session } from './session.ts';

/** `path`: the words that lead to this command, for its examples: `proxybench run`. */
export function runCommand({
  session,
  name,
  path,
}: {
  readonly session: Session;
  readonly name: string;
  readonly path: string;
}) {
  return newCommand({
    name,
    summary: 'run a benchmark on targets, each in a run of its own',
    description:
      'Runs a benchmark profile on targets. With --dry-run it prints what would be done and needs neither Temporal nor a ' +
      'cluster. With --confirm it checks everything, starts one run per target and returns at once with the ids. With ' +
      'neither it changes nothing.',
    examples: [
      [`${path} --targets local --profile host-deps --dry-run`, 'what a run on this machine would do'],
      [`${path} --targets D601,D518 --profile real-deps-500m --dry-run --output yaml`, 'the same with the manifests'],
      [`${path} --targets D601,D518 --profile real-deps-500m --confirm`, 'start two runs and return'],
      [`${path} --targets local --profile host-deps --confirm --wait`, 'start, watch, and end with the verdict'],
    ],
    exitCodes: Object.values(EXIT_CODES),
  })
    .addOption(targetsOption())
    .option('--profile <name>', 'benchmark profile')
    .option('--dry-run', 'print the plan of each target and stop')
    .option('--confirm', 'start the runs')
    .option('--wait', 'with --confirm: watch the runs and end with the verdict')
    .addOption(
      new Option('--deadline-seconds <n>', "deadline of each run, 1 to 86400, instead of the profile's").argParser(
        (text: string): number => wholeNumber({ text, least: 1, most: 86_400 }),
      ),
    )
    .option('--git-remote <url>', "public Git remote of the git-mirror stage, instead of the profile's")
    .addOption(
      new Option('--max-parallel <n>', 'how many targets run at once, 1 to 100')
        .argParser((text: string): number => wholeNumber({ text, least: 1, most: 100 }))
        .default(4),
    )
    .addOption(configDirOption())
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (options) => {
      const {
        dryRun: isDry = false,
        confirm = false,
        wait = false,
        targets,
        profile,
        deadlineSeconds,
        gitRemote,
      } = options;
      if (isDry && confirm) throw new InvalidArgumentError('Give --dry-run or --confirm, not both.');
      if (wait && !confirm) throw new InvalidArgumentError('--wait needs --confirm.');
      const request = {
        ...required({ targets, profile, path }),
        ...(deadlineSeconds === undefined ? {} : { deadlineMs: deadlineSeconds * 1000 }),
        ...(gitRemote === undefined ? {} : { gitRemote }),
      };
      const { configDir, output } = options;
      if (isDry) return await dryRun({ console: session.console, configDir, output, request });
      if (confirm)
        return await startRuns({
          session,
          configDir,
          output,
          request,
          maxParallel: options.maxParallel,
          wait,
          options,
        });
      session.console.note(
        'Nothing was done. Add --dry-run to see what would be done, or --confirm to start ' +
          `${request.profile} on ${request.targets.join(', ')}.`,
      );
      session.exitCode = EXIT_CODES.usage.code;
    });
}

function required(input: {
  readonly targets: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly path: string;
}): {
  readonly targets: readonly string[];
  readonly profile: string;
} {
  const { targets, profile, path } = input;
  const problems: Problem[] = [];
  if (targets === undefined)
    problems.push({ path: '--targets', message: 'is missing', hint: `Name targets: ${path} --targets local` });
  if (profile === undefined)
    problems.push({ path: '--profile', message: 'is missing', hint: 'Name a profile: --profile host-deps' });
  if (targets === undefined || profile === undefined) throw new InvalidInputError(problems);
  return { targets, profile };
}
