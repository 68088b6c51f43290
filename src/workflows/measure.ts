// The part of a run that moves bytes: takes the proxy, samples, follows the Job to its end, leaves nothing running.
import { CancellationScope, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { emptySeries, lostSeries } from '../evidence/empty-series.ts';
import type { SampleSeries } from '../evidence/sample-series.ts';
import type { Ending } from '../evidence/verdict.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import type { Cancel } from './cancel.ts';
import { endingOf } from './ending-of.ts';
import { takeProxy } from './hold-proxy.ts';
import { noting } from './noting.ts';
import { OPEN_SAMPLING, stopPolicy } from './policies.ts';
import type { RunProgress } from './run-progress.ts';
import { startSampling } from './start-sampling.ts';
import { untilEnding } from './until-ending.ts';

const { openSampling } = proxyActivities<Activities>(OPEN_SAMPLING);

/**
 * Takes the proxy and measures through it: nothing of the run is left running when it returns. Never throws for what a
 * target or an activity did. Call it inside a non-cancellable scope; `cancelled` is how a cancel reaches it.
 */
export async function measure(input: {
  readonly plan: Plan;
  readonly progress: RunProgress;
  readonly cancelled: Promise<Cancel>;
  /** What could not be done at the end is added here. */
  readonly problems: string[];
}): Promise<{
  readonly ending: Ending;
  readonly series: SampleSeries;
}> {
  const { plan, progress, cancelled, problems } = input;
  const run = referenceOf(plan);
  const { stop } = proxyActivities<Activities>(stopPolicy(plan));
  const { intervalMs } = plan.sampling;
  const nothingSeen = { series: emptySeries({ atMs: Date.now(), intervalMs }) };
  const taken = await takeProxy({
    node: plan.target.node,
    service: plan.proxy.service,
    holder: { runId: plan.runId, workflowId: workflowInfo().workflowId },
  });
  if (progress.cancelReason !== null) return { ending: cancelBeforeAll(progress.cancelReason), ...nothingSeen };
  if (!taken) {
    const what = `another run is measuring through ${plan.proxy.service}; wait for it or cancel it`;
    return { ending: { by: 'unreachable', what }, ...nothingSeen };
  }
  progress.samplingOpened = true;
  try {
    const { baseline } = await untilCancelled(cancelled, () => openSampling({ run }));
    const sampling = startSampling({ plan, baseline });
    const ending = await untilEnding({ plan, progress, cancelled });
    progress.enter('ending');
    if (progress.jobApplied) await noting(problems, () => stop({ run }));
    const series = await noting(problems, () => sampling.finish());
    const { clockOffsetMs = 0, targetClockOffsetMs = clockOffsetMs } = baseline;
    // A target whose clock is ahead of all others may have told of later moments.
    const toldMs = progress.transitions.map(({ atMs }) => atMs);
    const lost = { fromMs: baseline.atMs + clockOffsetMs, toMs: Math.max(Date.now() + targetClockOffsetMs, ...toldMs) };
    return { ending, series: series ?? lostSeries({ ...lost, intervalMs, reason: 'the readings were lost' }) };
  } catch (thrown) {
    const reason = isCancellation(thrown) ? progress.cancelReason : null;
    return { ending: reason === null ? endingOf(thrown) : cancelBeforeAll(reason), ...nothingSeen };
  }
}

/** Runs a step that a cancel interrupts: it then throws a cancellation. */
async function untilCancelled<T>(cancelled: Promise<Cancel>, step: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  void cancelled.then(() => scope.cancel());
  return await scope.run(step);
}

function cancelBeforeAll(reason: string): Ending {
  return { by: 'cancel', reason, stage: null };
}
