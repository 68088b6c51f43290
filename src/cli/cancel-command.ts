// `cancel`: ends runs, keeps the evidence they have, and shows it.
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { RunSummary } from '../temporal/list-runs.ts';
import type { Runs } from '../temporal/runs.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { requireRun } from './find-runs.ts';
import { newCommand } from './new-command.ts';
import { placeFlags, withRuns } from './open-runs.ts';
import {
  addressOption,
  debugOption,
  namespaceOption,
  outputOption,
  targetsOption,
  taskQueueOption,
} from './options.ts';
import { programName } from './program-name.ts';
import type { Session } from './session.ts';
import { settleAll } from './settle-all.ts';
import { showReports, showRuns } from './show-runs.ts';
import { watchRuns } from './watch-runs.ts';

/** More than this many running runs are cancelled in several goes. */
const MOST_RUNS = 1_000;

export function cancelCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'cancel',
    summary: 'end running runs and keep their evidence',
    description:
      'Asks runs to end, waits until they have, and shows the verdict: processes and Pods are gone, the evidence so far is ' +
      "on the Job. --now uses Temporal's own cancel instead of the signal, for a run that does not hear the signal; the " +
      'workflow then ends as cancelled instead of completed.',
    examples: [
      ['proxybench cancel --targets D601 --reason "wrong proxy"', 'what runs on one target'],
      ['proxybench cancel --run m5x0k2b4q1zt', 'one run'],
      ['proxybench cancel --all', 'everything, and what waits for its turn'],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable, EXIT_CODES.detached],
  })
    .argument('[run]', 'the run to cancel; the same as --run')
    .option('--run <id>', 'this run (an id from `list`, or a workflow id)')
    .addOption(targetsOption())
    .option('--target <name>', 'what runs on this target')
    .option('--all', 'every running run')
    .option('--reason <text>', 'kept with the result', 'cancelled from the command line')
    .option('--now', "by Temporal's own cancel")
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (named, options) => {
      const { all = false, target, now = false, reason, output } = options;
      const id = named ?? options.run;
      const targets = options.targets ?? (target === undefined ? undefined : [target]);
      if ([id !== undefined, targets !== undefined, all].filter(Boolean).length !== 1) {
        throw new InvalidArgumentError('Say what to cancel, in one way: a run, --targets NAMES, or --all.');
      }
      await withRuns({
        console: session.console,
        options,
        use: async ({ runs, settings }) => {
          const found = await findRunning({ runs, id, targets });
          if (all) await cancelFleets({ runs, reason });
          if (found.length === 0) {
            session.console.note('nothing is running: there is nothing to cancel');
            if (output !== 'table') showReports({ session, output, reports: [] });
            return;
          }
          const asked = await settleAll(found.map((each) => askToEnd({ session, runs, run: each, reason, now })));
          const followed = found.map((each) => ({ target: each.target ?? each.run, workflowId: each.workflowId }));
          const ending = followed.filter((_each, index) => asked[index] === true);
          const attach = `${programName({ env: session.console.env })} status --run ${found[0]?.run ?? ''} --watch${placeFlags({ settings, options })}`;
          const how = ending.length === 0 ? 'ended' : await watchRuns({ session, runs, followed: ending, attach });
          if (how === 'detached') session.exitCode = EXIT_CODES.detached.code;
          else await showRuns({ session, runs, output, chosen: followed });
        },
      });
    });
}

/** Whether the run had not ended yet. */
async function askToEnd(input: {
  readonly session: Session;
  readonly runs: Runs;
  readonly run: RunSummary;
  readonly reason: string;
  readonly now: boolean;
}): Promise<boolean> {
  const { session, runs, run, reason, now } = input;
  const { workflowId } = run;
  const heard = now ? await runs.cancelNow(workflowId) : await runs.cancelRun({ workflowId, reason });
  session.console.note(heard ? `asked ${run.run} to end` : `${run.run} had ended already`);
  return heard;
}

async function findRunning(input: {
  readonly runs: Runs;
  readonly id: string | undefined;
  readonly targets: readonly string[] | undefined;
}): Promise<readonly RunSummary[]> {
  const { runs, id, targets } = input;
  if (id !== undefined) return [await requireRun({ runs, id })];
  const open = await runs.listRuns({ state: 'running', limit: MOST_RUNS });
  return open.filter(({ target }) => targets === undefined || (target !== null && targets.includes(target)));
}

/** So that nothing which waits for its turn starts after the others have ended. */
async function cancelFleets({ runs, reason }: { readonly runs: Runs; readonly reason: string }): Promise<void> {
  const fleets = await runs.openFleets();
  await settleAll(fleets.map((workflowId) => runs.cancelRun({ workflowId, reason })));
}
