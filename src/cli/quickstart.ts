// Everything that a first result takes, started, used and ended in one go.
import { endProcesses } from '../processes/end-processes.ts';
import { markerOfRun } from '../processes/run-marker.ts';
import { type NextStep, renderNext } from '../reports/started-text.ts';
import type { StartedFleet } from '../temporal/start-fleet.ts';
import type { OutputFormat } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { type OpenRuns, placeFlags, withRuns } from './open-runs.ts';
import { programName } from './program-name.ts';
import { renderRequest } from './render-request.ts';
import type { Session } from './session.ts';
import { showRuns } from './show-runs.ts';
import { type TestBed, startTestBed } from './test-bed.ts';
import { watchRuns } from './watch-runs.ts';

export interface QuickstartInput {
  readonly session: Session;
  readonly target: string;
  readonly profile: string;
  readonly gitRemote?: string;
  readonly configDir: string;
  /** Absolute. */
  readonly stateDir: string;
  readonly taskQueue: string;
  readonly output: OutputFormat;
  /** Whether everything stays up after the result, until Ctrl-C. */
  readonly stays: boolean;
}

/** What is left of a run that did not end in time gets as long as its stages would get. */
const STOP_GRACE_MS = 2_000;

/**
 * Starts the test bed, runs, shows, and ends all of it, whatever happens in between. The session's exit code is that
 * of the verdict, or of having left before there was one.
 * @throws InvalidInputError before anything was started; what `startTestBed` throws
 */
export async function quickstart(input: QuickstartInput): Promise<void> {
  const { session, target, profile, gitRemote, configDir } = input;
  const { console, interrupts } = session;
  const request = { profile, ...(gitRemote === undefined ? {} : { gitRemote }) };
  await renderRequest({ configDir, request: { ...request, targets: [target] } });
  const leaving = new AbortController();
  // Listens to the very end: an interrupt must not kill this process while others are still to be ended.
  const { stop } = interrupts.listen(() => leaving.abort());
  try {
    const bed = await startTestBed({
      ...input,
      env: console.env,
      signal: leaving.signal,
      onProgress: (line) => console.note(line),
    });
    const runIds: string[] = [];
    try {
      if (!leaving.signal.aborted)
        await withRuns({ console, options: { ...bed.settings, taskQueue: input.taskQueue }, use });
    } finally {
      console.note('ending what was started');
      await bed.stop();
      for (const runId of runIds) await endProcesses({ marker: markerOfRun(runId), graceMs: STOP_GRACE_MS });
    }

    async function use(open: OpenRuns): Promise<void> {
      const fleet = await open.runs.startFleet({ ...request, targets: [target], maxParallel: 1 });
      runIds.push(...fleet.runs.map(({ runId }) => runId));
      await watchAndShow({ ...input, bed, open, fleet });
    }
  } catch (thrown) {
    if (!leaving.signal.aborted) throw thrown;
    console.note('interrupted before everything was up; what had been started is ended');
  } finally {
    stop();
  }
  if (leaving.signal.aborted) session.exitCode = EXIT_CODES.detached.code;
}

async function watchAndShow(
  input: QuickstartInput & { readonly bed: TestBed; readonly open: OpenRuns; readonly fleet: StartedFleet },
): Promise<void> {
  const { session, bed, open, fleet, output, target, profile, taskQueue } = input;
  const { console } = session;
  const { runs, settings } = open;
  if (bed.uiUrl !== null) console.note(`web UI: ${bed.uiUrl}`);
  console.note('');
  const followed = fleet.runs.map((run) => ({ ...run, fleetWorkflowId: fleet.workflowId }));
  const how = await watchRuns({ session, runs, followed, attach: null, cancelIds: [fleet.workflowId] });
  if (how === 'detached') {
    console.note('left before the run had ended; what it has started is ended');
    session.exitCode = EXIT_CODES.detached.code;
    return;
  }
  console.note('');
  session.exitCode = await showRuns({ session, runs, output, chosen: followed });
  // Whoever interrupts wants to leave: these commands would find nothing any more.
  if (how === 'ended-by-user') return;
  const flags = placeFlags({ settings, options: { taskQueue } });
  const next = nextSteps({
    name: programName({ env: console.env }),
    flags,
    runId: fleet.runs[0]?.runId ?? '',
    target,
    profile,
    uiUrl: bed.uiUrl,
  });
  await lookAround({ session, stays: input.stays, next });
}

async function lookAround(input: {
  readonly session: Session;
  readonly stays: boolean;
  readonly next: readonly NextStep[];
}): Promise<void> {
  const { session, stays, next } = input;
  const { console, interrupts } = session;
  console.note('');
  if (!stays) {
    console.note(
      'To look further, run it in a terminal without --exit: everything then stays up, and these commands answer.',
    );
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
  readonly name: string;
  readonly flags: string;
  readonly runId: string;
  readonly target: string;
  readonly profile: string;
  /** Null for a Temporal that was there before. */
  readonly uiUrl: string | null;
}): readonly NextStep[] {
  const { name, flags, runId, target, profile, uiUrl } = input;
  return [
    ...(uiUrl === null ? [] : [{ does: 'web UI', command: uiUrl }]),
    { does: 'this run again', command: `${name} status --run ${runId}${flags}` },
    { does: 'its logs', command: `${name} logs --run ${runId}${flags}` },
    { does: 'another run', command: `${name} run --targets ${target} --profile ${profile} --confirm --wait${flags}` },
    { does: 'cancel what runs', command: `${name} cancel --targets ${target}${flags}` },
    { does: 'the proxy now', command: `${name} traffic --target ${target} --sample-seconds 5${flags}` },
    { does: 'every run', command: `${name} list${flags}` },
  ];
}
