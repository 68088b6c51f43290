// `run --confirm`: checks everything, starts the runs, and tells what to type next.
import { type NextStep, renderStarted } from '../reports/started-text.ts';
import type { StartedFleet } from '../temporal/start-fleet.ts';
import { type OutputFormat, emit } from './emit.ts';
import { type OpenRuns, type TemporalOptions, placeFlags, withRuns } from './open-runs.ts';
import { programName } from './program-name.ts';
import { type BenchmarkRequest, renderRequest } from './render-request.ts';
import type { Session } from './session.ts';
import { showRuns } from './show-runs.ts';
import { watchRuns } from './watch-runs.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** @throws InvalidInputError or UnreachableError before anything was started */
export async function startRuns(input: {
  readonly session: Session;
  readonly configDir: string;
  readonly output: OutputFormat;
  readonly request: BenchmarkRequest;
  readonly maxParallel: number;
  readonly wait: boolean;
  readonly options: TemporalOptions;
}): Promise<void> {
  const { session, configDir, output, request, maxParallel, wait, options } = input;
  const plans = await renderRequest({ configDir, request });
  const { targets: _named, ...rest } = request;
  await withRuns({
    console: session.console,
    options,
    use: async (open) => {
      const { runs, temporal } = open;
      await runs.requireWorker();
      const { ensureSearchAttributes } = await import('../temporal/search-attributes.ts');
      await ensureSearchAttributes({ temporal });
      const fleet = await runs.startFleet({ ...rest, targets: plans.map(({ target }) => target.name), maxParallel });
      const next = nextSteps({
        fleet,
        flags: placeFlags({ settings: open.settings, options }),
        name: programName({ env: session.console.env }),
      });
      if (wait) return await waitForRuns({ session, open, fleet, output, next });
      emit({
        console: session.console,
        format: output,
        document: { version: 1, kind: 'started', ...fleet, next },
        text: () => renderStarted({ fleet, next }),
      });
    },
  });
}

async function waitForRuns(input: {
  readonly session: Session;
  readonly open: OpenRuns;
  readonly fleet: StartedFleet;
  readonly output: OutputFormat;
  readonly next: readonly NextStep[];
}): Promise<void> {
  const { session, open, fleet, output, next } = input;
  session.console.note(renderStarted({ fleet, next }));
  session.console.note('');
  const how = await watchRuns({
    session,
    runs: open.runs,
    followed: fleet.runs.map(({ target, workflowId }) => ({ target, workflowId, fleetWorkflowId: fleet.workflowId })),
    attach: next.find(({ does }) => does === 'watch')?.command ?? '',
    cancelIds: [fleet.workflowId],
  });
  if (how === 'detached') {
    session.exitCode = EXIT_CODES.detached.code;
    return;
  }
  session.exitCode = await showRuns({ session, runs: open.runs, output, chosen: fleet.runs });
}

function nextSteps({
  fleet,
  flags,
  name,
}: {
  readonly fleet: StartedFleet;
  readonly flags: string;
  readonly name: string;
}): readonly NextStep[] {
  const targets = fleet.runs.map(({ target }) => target).join(',');
  const [first] = fleet.runs;
  const one = fleet.runs.length === 1 && first !== undefined ? `--run ${first.runId}` : `--targets ${targets}`;
  return [
    { does: 'status', command: `${name} status ${one}${flags}` },
    { does: 'watch', command: `${name} status ${one} --watch${flags}` },
    { does: 'logs', command: `${name} logs ${one}${flags}` },
    {
      does: 'cancel',
      command: `${name} cancel ${fleet.runs.length === 1 ? one : `--targets ${targets}`} --reason "…"${flags}`,
    },
  ];
}
