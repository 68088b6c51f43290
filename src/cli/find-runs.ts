// From what a user names (a run, targets, nothing) to the runs that are meant.
import { InvalidInputError } from '../errors/errors.ts';
import type { RunSummary } from '../temporal/list-runs.ts';
import { runWorkflowId } from '../temporal/names.ts';
import type { Runs } from '../temporal/runs.ts';
import { settleAll } from './settle-all.ts';

/** What `status`, `logs` and `cancel` take. */
export interface RunChoice {
  readonly run?: string | undefined;
  readonly targets?: readonly string[] | undefined;
}

/** A target and its newest run; null for a target whose runs Temporal does not know. */
export interface ChosenRun {
  readonly target: string;
  readonly run: RunSummary | null;
}

/** How far back targets are looked for when none is named. */
const LOOK_BACK_RUNS = 200;

/**
 * The run that is named; else the newest run of each target named; else of each target that has run lately.
 * @throws InvalidInputError for a run that Temporal does not know
 */
export async function findRuns({
  runs,
  choice,
}: {
  readonly runs: Runs;
  readonly choice: RunChoice;
}): Promise<readonly ChosenRun[]> {
  if (choice.run !== undefined) {
    const run = await requireRun({ runs, id: choice.run });
    return [{ target: run.target ?? 'unknown', run }];
  }
  if (choice.targets !== undefined) {
    return await settleAll(
      choice.targets.map(async (target) => ({ target, run: (await runs.listRuns({ target, limit: 1 }))[0] ?? null })),
    );
  }
  const newest = new Map<string, RunSummary>();
  for (const run of await runs.listRuns({ limit: LOOK_BACK_RUNS })) {
    if (run.target !== null && !newest.has(run.target)) newest.set(run.target, run);
  }
  return [...newest].map(([target, run]) => ({ target, run })).toSorted((a, b) => a.target.localeCompare(b.target));
}

/** A run by its own id or its workflow's. @throws InvalidInputError when Temporal knows neither */
export async function requireRun({ runs, id }: { readonly runs: Runs; readonly id: string }): Promise<RunSummary> {
  const run = (await runs.find(runWorkflowId(id))) ?? (await runs.find(id));
  if (run !== null) return run;
  throw new InvalidInputError([
    {
      path: '--run',
      value: id,
      message: 'Temporal knows no such run',
      hint: 'See `proxybench list`; a development server forgets its runs when it is stopped, unless it keeps a database',
    },
  ]);
}

/** What to say, and to type, where there is no run at all, or none of the targets that were named. */
export function noRunMessage(chosen: readonly Pick<ChosenRun, 'target'>[]): string {
  const of = chosen.length === 0 ? '' : ` of ${chosen.map(({ target }) => target).join(', ')}`;
  return `There is no run${of} to show. Start one: proxybench run --targets local --profile host-deps --confirm`;
}
