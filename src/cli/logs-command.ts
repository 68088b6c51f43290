// `logs`: what the stages of a run wrote, from the target itself.
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { InvalidInputError } from '../errors/errors.ts';
import { renderLogs } from '../reports/logs-text.ts';
import { emit } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { type ChosenRun, findRuns, noRunMessage } from './find-runs.ts';
import { newCommand } from './new-command.ts';
import { withRuns } from './open-runs.ts';
import {
  addressOption,
  debugOption,
  nameList,
  namespaceOption,
  outputOption,
  runOption,
  targetsOption,
  taskQueueOption,
  wholeNumber,
} from './options.ts';
import type { Session } from './session.ts';
import { settleAll } from './settle-all.ts';

const DEFAULT_MAX_BYTES = 16_384;
const MOST_BYTES = 262_144;

export function logsCommand({ session, path }: { readonly session: Session; readonly path: string }) {
  return newCommand({
    name: 'logs',
    summary: "the end of each stage's log",
    description:
      "Reads the end of each stage's log from the target, through the worker: of the newest run of each target, or of the " +
      'one named. Logs are readable while a run goes on and until its Job has expired.',
    examples: [
      [path, 'the newest run of every target that has run lately'],
      [`${path} --targets D601 --stages npm-install`, 'one stage'],
      [`${path} --run m5x0k2b4q1zt --stages npm-install --max-bytes 200000`, 'more of it'],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .addOption(targetsOption())
    .addOption(runOption())
    .addOption(
      new Option('--stages <names>', 'these stages, separated by commas (default: all)').argParser(
        (text: string): readonly string[] => nameList(text),
      ),
    )
    .addOption(
      new Option(
        '--max-bytes <n>',
        `bytes of each log, from its end, 1 to ${MOST_BYTES}; all logs of a run have ${MOST_BYTES} together`,
      )
        .argParser((text: string): number => wholeNumber({ text, least: 1, most: MOST_BYTES }))
        .default(DEFAULT_MAX_BYTES),
    )
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (options) => {
      const { run, targets, stages = [], maxBytes, output } = options;
      if (run !== undefined && targets !== undefined)
        throw new InvalidArgumentError('Give --run or --targets, not both.');
      await withRuns({
        console: session.console,
        options,
        use: async ({ runs }) => {
          const found = await findRuns({ runs, choice: { run, targets } });
          const chosen =
            run === undefined && targets === undefined ? found.filter((one) => one.run?.jobName !== null) : found;
          if (chosen.length === 0) throw new InvalidArgumentError(noRunMessage([]));
          const logs = { stages, maxBytesPerStage: maxBytes };
          const jobs = chosen.map(jobOf);
          const inspected = await settleAll(jobs.map((job) => runs.inspectTarget({ ...job, logs })));
          const { console } = session;
          emit({
            console,
            format: output,
            document: {
              version: 1,
              kind: 'logs',
              targets: inspected.map(({ target, job, logs: read }) => ({
                target,
                jobName: job?.jobName ?? null,
                state: job?.state ?? null,
                logs: read,
              })),
            },
            text: () => inspected.map((one) => renderLogs({ inspected: one, paint: console.paint })).join('\n\n'),
          });
        },
      });
    });
}

/** A run that never had a Job has no logs; the newest Job of its target would be another run's. */
function jobOf({ target, run }: ChosenRun): { readonly target: string; readonly jobName?: string } {
  if (run === null) return { target };
  if (run.jobName !== null) return { target, jobName: run.jobName };
  throw new InvalidInputError([
    {
      path: '--run',
      value: run.run,
      message: `this run (${run.state}) has no Job, so it has no logs`,
      hint: `See why: proxybench status --run ${run.run}`,
    },
  ]);
}
