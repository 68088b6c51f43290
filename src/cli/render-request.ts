// From names on the command line to checked Plans: what a dry run shows and what --confirm relies on.
import { loadConfig } from '../config/load-config.ts';
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { unsupportedReach } from '../plan/unsupported-reach.ts';
import { renderPlan } from '../config/render-plan.ts';
import type { BenchmarkRequest } from './run-command.ts';

/** Stands in for the run's id, which there is not yet. */
const DRY_RUN_ID = 'dry-run';

/**
 * A Plan for each target, in order; a target named twice in two ways counts once.
 * @param input.toRun whether the plans are to be run, and not only to be read
 * @throws InvalidInputError with every problem of the configuration, or of all targets together
 */
export async function renderRequest({
  configDir,
  request,
  toRun,
}: {
  readonly configDir: string;
  readonly request: BenchmarkRequest;
  readonly toRun: boolean;
}): Promise<readonly Plan[]> {
  const config = await loadConfig({ configDir });
  const { targets, ...rest } = request;
  const plans = new Map<string, Plan>();
  const problems: Problem[] = [];
  for (const target of targets) {
    try {
      const plan = renderPlan({ config, request: { target, ...rest }, runId: DRY_RUN_ID });
      plans.set(plan.target.name, plan);
      const problem = toRun ? unsupportedReach(plan.target.connection) : null;
      if (problem !== null)
        problems.push({ ...problem, file: config.files.targets, path: `targets.${plan.target.name}.reach` });
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
