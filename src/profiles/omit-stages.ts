// Leaves out, with the reason, the stages that a target cannot run; nothing is ever faked instead.
import type { OmittedStage, Plan, Stage } from '../plan/plan.ts';

/**
 * A Plan without the stages whose tools the target lacks, or whose source it cannot serve. Pure.
 * `specHash` and names stay: they tell what was asked for, `omittedStages` what was left out of it.
 */
export function omitStages(input: {
  readonly plan: Plan;
  /** Which of the stages' tools the target has. */
  readonly availableTools: ReadonlySet<string>;
  /** Why the target cannot serve its own clone, or null when it can. */
  readonly whyNoClone: string | null;
}): Plan {
  const { plan, availableTools, whyNoClone } = input;
  const omitted: OmittedStage[] = [];
  const stages = plan.stages.filter((stage) => {
    const reason = whyLeftOut({ stage, availableTools, whyNoClone });
    if (reason !== null) omitted.push({ name: stage.name, reason });
    return reason === null;
  });
  return omitted.length === 0 ? plan : { ...plan, stages, omittedStages: [...plan.omittedStages, ...omitted] };
}

function whyLeftOut(input: {
  readonly stage: Stage;
  readonly availableTools: ReadonlySet<string>;
  readonly whyNoClone: string | null;
}): string | null {
  const { stage, availableTools, whyNoClone } = input;
  const missing = stage.tools.filter((tool) => !availableTools.has(tool));
  if (missing.length > 0) {
    return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on the PATH of this target`;
  }
  return stage.serveThisClone ? whyNoClone : null;
}
