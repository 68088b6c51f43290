// The sampler's life within a run: started before the Job, told to hand over after it.
import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities, SamplingBaseline } from '../activities/contract.ts';
import type { SampleSeries } from '../evidence/evidence.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import { samplePolicy } from './policies.ts';

/** A sampler at work. */
export interface Sampling {
  /** Tells it to stop and resolves to what it has seen. */
  finish(): Promise<SampleSeries>;
}

/** Starts the sampler. Its cancellation is the message "hand over", so it lives in a scope of its own. */
export function startSampling({
  plan,
  baseline,
}: {
  readonly plan: Plan;
  readonly baseline: SamplingBaseline;
}): Sampling {
  const { sample } = proxyActivities<Activities>(samplePolicy(plan));
  const scope = new CancellationScope();
  const series = scope.run(() => sample({ run: referenceOf(plan), baseline }));
  // Its failure is told by finish(); until then nobody waits for it.
  series.catch(() => undefined);
  return {
    finish: () => {
      scope.cancel();
      return series;
    },
  };
}
