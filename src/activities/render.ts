// Names → Plan, and off with the stages that this target cannot run.
import { InvalidInputError } from '../errors/errors.ts';
import { companionsRefused } from '../plan/companions-refused.ts';
import { omitStages } from '../profiles/omit-stages.ts';
import { renderPlan } from '../config/render-plan.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

export function createRender(deps: ActivityDeps): Activities['render'] {
  return async ({ request, runId }) => {
    const rendered = renderPlan({ config: await deps.loadConfig(), request, runId });
    const refused = companionsRefused(rendered);
    if (refused.length > 0) throw new InvalidInputError(refused);
    const cluster = deps.openCluster({ connection: rendered.target.connection });
    const tools = [...new Set(rendered.stages.flatMap((stage) => stage.tools))];
    const plan = omitStages({
      plan: rendered,
      availableTools: await cluster.availableTools({ tools }),
      whyNoClone: rendered.stages.some((stage) => stage.serveThisClone) ? await cluster.whyNoClone() : null,
    });
    if (plan.stages.length === 0) {
      throw new InvalidInputError([
        {
          path: `profiles.${plan.profile}`,
          message: `target ${plan.target.name} can run none of its stages: ${plan.omittedStages.map((o) => `${o.name}: ${o.reason}`).join('; ')}`,
          hint: 'Install the missing tools on the target, or choose another profile',
        },
      ]);
    }
    return { plan };
  };
}
