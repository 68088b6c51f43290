// The sampler's life within a run: started before the Job, told to hand over after it.
import { ActivityFailure, CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities, SamplingBaseline } from '../activities/contract.ts';
import type { SampleSeries } from '../evidence/sample-series.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import { CLOSE, samplePolicy } from './policies.ts';

const { handOver } = proxyActivities<Activities>(CLOSE);

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
  const input = { run: referenceOf(plan), baseline };
  const series = scope.run(() => sample(input));
  // Its failure is told by finish(); until then nobody waits for it.
  series.catch(() => undefined);
  return {
    finish: async () => {
      scope.cancel();
      try {
        return await series;
      } catch (thrown) {
        if (!(thrown instanceof ActivityFailure)) throw thrown;
        // Its worker died with the message, or between two attempts there was nobody to hear it.
        return await handOver(input);
      }
    },
  };
}
