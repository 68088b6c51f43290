// From names on the command line to checked Plans: what a dry run shows and what --confirm relies on.
import { loadConfig } from '../config/load-config.ts';
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { renderPlan } from '../config/render-plan.ts';

/** What is asked for, by names. */
export interface BenchmarkRequest {
  readonly targets: readonly string[];
  readonly profile: string;
  readonly deadlineMs?: number;
  readonly gitRemote?: string;
}

/** Stands in for the run's id, which there is not yet. */
const DRY_RUN_ID = 'dry-run';

/**
 * A Plan for each target, in order; a target named twice in two ways counts once.
 * @throws InvalidInputError with every problem of the configuration, or of all targets together
 */
export async function renderRequest({
  configDir,
  request,
}: {
  readonly configDir: string;
  readonly request: BenchmarkRequest;
}): Promise<readonly Plan[]> {
  const config = await loadConfig({ configDir });
  const { targets, ...rest } = request;
  const plans = new Map<string, Plan>();
  const problems: Problem[] = [];
  for (const target of targets) {
    try {
      const plan = renderPlan({ config, request: { target, ...rest }, runId: DRY_RUN_ID });
      plans.set(plan.target.name, plan);
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  if (problems.length > 0) throw new InvalidInputError(unrepeated(problems));
  return [...plans.values()];
}

/** An unknown profile is one problem, however many targets it was asked for. */
function unrepeated(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
