// All activities, made from what they need.
import { createAnnotate } from './annotate.ts';
import { createApply } from './apply.ts';
import { withFailureTypes } from './as-failure.ts';
import { createCleanUp } from './clean-up.ts';
import { createCollect } from './collect.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createHandOver } from './hand-over.ts';
import { createInspect } from './inspect.ts';
import { createOpenSampling } from './open-sampling.ts';
import { createPlanTransfer } from './plan-transfer.ts';
import { createPoll } from './poll.ts';
import { createRender } from './render.ts';
import { createSample } from './sample.ts';
import { createSampleTraffic } from './sample-traffic.ts';
import { createStop } from './stop.ts';

/** The activities that a worker serves. */
export function createActivities(deps: ActivityDeps): Activities {
  return withFailureTypes<Activities>({
    render: createRender(deps),
    openSampling: createOpenSampling(deps),
    sample: createSample(deps),
    handOver: createHandOver(deps),
    apply: createApply(deps),
    poll: createPoll(deps),
    stop: createStop(deps),
    collect: createCollect(deps),
    annotate: createAnnotate(deps),
    cleanUp: createCleanUp(deps),
    inspect: createInspect(deps),
    planTransfer: createPlanTransfer(deps),
    sampleTraffic: createSampleTraffic(deps),
  });
}
