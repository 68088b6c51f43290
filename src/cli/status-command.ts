// `status`: where runs are, or what they came to.
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { UnreachableError } from '../errors/errors.ts';
import type { RunReport } from '../reports/run-report.ts';
import type { Runs } from '../temporal/runs.ts';
import { EXIT_CODES, strongestExitCode } from './exit-codes.ts';
import { type ChosenRun, findRuns, noRunMessage } from './find-runs.ts';
import { newCommand } from './new-command.ts';
import { placeFlags, withRuns } from './open-runs.ts';
import {
  addressOption,
  debugOption,
  namespaceOption,
  outputOption,
  runOption,
  samplingOption,
  targetsOption,
  taskQueueOption,
} from './options.ts';
import { commandLine } from './program-name.ts';
import { readJobReport, readRunReport } from './read-run-report.ts';
import { reportExitCode } from './report-exit-code.ts';
import type { Session } from './session.ts';
import { settleAll } from './settle-all.ts';
import { showReports } from './show-runs.ts';
import { type WatchEnd, watchRuns } from './watch-runs.ts';

export function statusCommand({ session, path }: { readonly session: Session; readonly path: string }) {
  return newCommand({
    name: 'status',
    summary: 'where runs are, or what they came to',
    description:
      "Shows the newest run of each target, or the one named. A running run is asked; an ended one is read from its Job's " +
      'annotation, which outlives everything else. Ends with 0 when there was something to show; with --watch or ' +
      '--exit-code by the verdict.',
    examples: [
      [path, 'the newest run of every target that has run lately'],
      [`${path} --targets D601 --watch`, 'follow it to its end, and end with its verdict'],
      [`${path} --targets D601 --traffic-sample-seconds 10`, "with a live look at the target's proxy"],
      [`${path} --run m5x0k2b4q1zt --output json`, 'one run, as a document'],
    ],
    exitCodes: Object.values(EXIT_CODES),
  })
    .addOption(targetsOption())
    .addOption(runOption())
    .option('--watch', 'follow to the end; Ctrl-C detaches, twice cancels')
    .option('--exit-code', 'end with the code of the verdict')
    .addOption(samplingOption())
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (options) => {
      const { run, targets, watch = false, exitCode: byVerdict = watch, trafficSampleSeconds, output } = options;
      if (run !== undefined && targets !== undefined)
        throw new InvalidArgumentError('Give --run or --targets, not both.');
      await withRuns({
        console: session.console,
        options,
        use: async ({ runs, settings }) => {
          let chosen = await findRuns({ runs, choice: { run, targets } });
          if (watch) {
            if (run === undefined && targets === undefined) chosen = openOnes(chosen);
            const which =
              chosen.length === 1
                ? `--run ${chosen[0]?.run?.run ?? ''}`
                : `--targets ${chosen.map(({ target }) => target).join(',')}`;
            const attach = `${commandLine({ env: session.console.env, path })} ${which} --watch${placeFlags({ settings, options })}`;
            if ((await follow({ session, runs, chosen, attach })) === 'detached') {
              session.exitCode = EXIT_CODES.detached.code;
              return;
            }
            chosen = await findAgain({ runs, chosen });
          }
          const reports = await readReports({ runs, chosen, trafficSampleSeconds });
          showReports({ session, output, reports });
          if (byVerdict) session.exitCode = strongestExitCode(reports.map(reportExitCode));
        },
      });
    });
}

/** Watching everything means what goes on; what has ended long ago is shown only when nothing does. */
function openOnes(chosen: readonly ChosenRun[]): readonly ChosenRun[] {
  const open = chosen.filter(({ run }) => run?.open === true);
  return open.length === 0 ? chosen : open;
}

async function follow(input: {
  readonly session: Session;
  readonly runs: Runs;
  readonly chosen: readonly ChosenRun[];
  readonly attach: string;
}): Promise<WatchEnd> {
  const followed = input.chosen.flatMap(({ target, run }) =>
    run?.open === true ? [{ target, workflowId: run.workflowId }] : [],
  );
  return followed.length === 0 ? 'ended' : await watchRuns({ ...input, followed });
}

/** The list lags behind; a look at each workflow does not. */
async function findAgain({
  runs,
  chosen,
}: {
  readonly runs: Runs;
  readonly chosen: readonly ChosenRun[];
}): Promise<readonly ChosenRun[]> {
  return await settleAll(
    chosen.map(async ({ target, run }) => ({
      target,
      run: run === null ? null : ((await runs.find(run.workflowId)) ?? run),
    })),
  );
}

async function readReports(input: {
  readonly runs: Runs;
  readonly chosen: readonly ChosenRun[];
  readonly trafficSampleSeconds: number | undefined;
}): Promise<readonly RunReport[]> {
  const { runs, chosen, trafficSampleSeconds: seconds } = input;
  const found = await settleAll(
    chosen.map(async ({ target, run }) => {
      const report = run === null ? await readJobReport({ runs, target }) : await readRunReport({ runs, run });
      if (report === null || seconds === undefined) return report;
      return await withTraffic({ runs, report, seconds });
    }),
  );
  const reports = found.filter((report) => report !== null);
  if (reports.length > 0) return reports;
  throw new InvalidArgumentError(noRunMessage(chosen));
}

/** A proxy that cannot be looked at now takes nothing away from what the run has shown. */
async function withTraffic({
  runs,
  report,
  seconds,
}: {
  readonly runs: Runs;
  readonly report: RunReport;
  readonly seconds: number;
}): Promise<RunReport> {
  try {
    return { ...report, traffic: await runs.sampleTraffic({ target: report.target, seconds }) };
  } catch (thrown) {
    if (!(thrown instanceof UnreachableError)) throw thrown;
    const note = `no live traffic: ${thrown.message}. ${thrown.hint}`;
    return { ...report, note: report.note === null ? note : `${report.note}; ${note}` };
  }
}
