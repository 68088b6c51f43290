// `quickstart`: from nothing to a first result on this machine, with everything it needs.
import { resolve } from 'node:path';
import { InfrastructureError, messageOf } from '../errors/errors.ts';
import { type NextStep, renderNext } from '../reports/started-text.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import { placeFlags, withRuns } from './open-runs.ts';
import { configDirOption, debugOption, outputOption, stateDirOption, taskQueueOption } from './options.ts';
import { programName } from './program-name.ts';
import { renderRequest } from './render-request.ts';
import type { Session } from './session.ts';
import { showRuns } from './show-runs.ts';
import type { TestBed } from './test-bed.ts';
import { watchRuns } from './watch-runs.ts';

export function quickstartCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'quickstart',
    summary: 'from nothing to a first result on this machine',
    description:
      'Finds or starts a Temporal with its web UI, the embedded egress proxy and a worker, runs a small benchmark on this ' +
      'machine with a live view, and ends with the evidence. In a terminal everything then stays up until Ctrl-C, so that ' +
      'you can look around; elsewhere, and with --exit, everything is ended and the exit code is that of the verdict.',
    examples: [
      ['proxybench quickstart', 'run it and look around'],
      ['proxybench quickstart --exit', 'run it, end everything, end with the verdict'],
      ['TEMPORAL_ADDRESS=127.0.0.1:7233 proxybench quickstart', 'on a Temporal that is there already'],
    ],
    exitCodes: Object.values(EXIT_CODES),
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
    .action(async (options) => {
      const { target, profile, gitRemote, configDir, output } = options;
      const { console } = session;
      const stay = options.exit !== true && console.width() !== undefined && console.noteTerminal !== null;
      await renderRequest({
        configDir,
        request: { targets: [target], profile, ...(gitRemote === undefined ? {} : { gitRemote }) },
      });
      await withTestBed({
        session,
        options: { ...options, stateDir: resolve(options.stateDir) },
        use: async (bed) => {
          const temporal = { ...bed.settings, taskQueue: options.taskQueue };
          await withRuns({
            console,
            options: temporal,
            use: async ({ runs, settings }) => {
              const flags = placeFlags({ settings, options: temporal });
              const fleet = await runs.startFleet({
                targets: [target],
                profile,
                maxParallel: 1,
                ...(gitRemote === undefined ? {} : { gitRemote }),
              });
              const followed = fleet.runs.map((run) => ({ ...run, fleetWorkflowId: fleet.workflowId }));
              if (bed.uiUrl !== null) console.note(`web UI: ${bed.uiUrl}`);
              console.note('');
              const how = await watchRuns({ session, runs, followed, attach: null, cancelIds: [fleet.workflowId] });
              if (how === 'detached') throw new InfrastructureError('left before the run had ended');
              console.note('');
              session.exitCode = await showRuns({ session, runs, output, chosen: followed });
              await lookAround({
                session,
                bed,
                stay: stay && how === 'ended',
                next: nextSteps({ env: console.env, flags, runId: followed[0]?.runId ?? '', target, bed }),
              });
            },
          });
        },
      });
    });
}

/** Starts everything, and ends it whatever happens. */
async function withTestBed(input: {
  readonly session: Session;
  readonly options: {
    readonly configDir: string;
    readonly stateDir: string;
    readonly target: string;
    readonly taskQueue: string;
  };
  readonly use: (bed: TestBed) => Promise<void>;
}): Promise<void> {
  const { session, options, use } = input;
  const { console, interrupts } = session;
  const leaving = new AbortController();
  // Listens to the very end: an interrupt must not kill this process while others are still to be ended.
  const { stop } = interrupts.listen(() => leaving.abort());
  const { startTestBed } = await import('./test-bed.ts');
  try {
    const bed = await startTestBed({
      ...options,
      env: console.env,
      signal: leaving.signal,
      onProgress: (line) => console.note(line),
    });
    try {
      if (!leaving.signal.aborted) await use(bed);
    } finally {
      console.note('ending what was started');
      await bed.stop();
    }
  } catch (thrown) {
    if (!leaving.signal.aborted) throw thrown;
    console.note(`left: ${messageOf(thrown)}`);
  } finally {
    stop();
  }
  if (leaving.signal.aborted) session.exitCode = EXIT_CODES.detached.code;
}

async function lookAround(input: {
  readonly session: Session;
  readonly bed: TestBed;
  readonly stay: boolean;
  readonly next: readonly NextStep[];
}): Promise<void> {
  const { session, stay, next } = input;
  const { console, interrupts } = session;
  console.note('');
  if (!stay) {
    console.note('To look further, keep it up: run quickstart in a terminal without --exit, and while it is up type');
    console.note(renderNext(next));
    return;
  }
  console.note(renderNext(next));
  console.note('\nEverything stays up until Ctrl-C.');
  await new Promise<void>((leave) => {
    const { stop } = interrupts.listen(() => {
      stop();
      leave();
    });
  });
}

function nextSteps(input: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: string;
  readonly runId: string;
  readonly target: string;
  readonly bed: TestBed;
}): readonly NextStep[] {
  const { env, flags, runId, target, bed } = input;
  const name = programName({ env });
  return [
    ...(bed.uiUrl === null ? [] : [{ does: 'web UI', command: bed.uiUrl }]),
    { does: 'this run again', command: `${name} status --run ${runId}${flags}` },
    { does: 'its logs', command: `${name} logs --run ${runId}${flags}` },
    { does: 'another run', command: `${name} run --targets ${target} --profile host-deps --confirm --wait${flags}` },
    { does: 'cancel it', command: `${name} cancel --targets ${target}${flags}` },
    { does: 'the proxy now', command: `${name} traffic --target ${target} --sample-seconds 5${flags}` },
    { does: 'every run', command: `${name} list${flags}` },
  ];
}
