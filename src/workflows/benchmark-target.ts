// One target's run, start to verdict: the durable sequence that every benchmark kind goes through.
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { messageOf } from '../errors/errors.ts';
import { INVALID_INPUT } from '../errors/failure-types.ts';
import { cutEvidence } from '../evidence/attribute.ts';
import type { Ending, Judge, ResultDocument, SampleSeries } from '../evidence/evidence.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import { judgeFor } from '../profiles/judges.ts';
import { emptySeries, lostSeries } from '../evidence/empty-series.ts';
import type { Cancel } from './cancel.ts';
import { checkTargetInput } from './check-input.ts';
import { endingOf } from './ending-of.ts';
import { takeProxy } from './hold-proxy.ts';
import { type BenchmarkTargetInput, cancelRun, runStatus } from './messages.ts';
import { noting } from './noting.ts';
import { CLOSE, OPEN_SAMPLING, RENDER, STOP } from './policies.ts';
import { RunProgress } from './run-progress.ts';
import { startSampling } from './start-sampling.ts';
import { untilEnding } from './until-ending.ts';

const { render } = proxyActivities<Activities>(RENDER);
const { openSampling } = proxyActivities<Activities>(OPEN_SAMPLING);
const { stop } = proxyActivities<Activities>(STOP);
const { collect, annotate, cleanUp } = proxyActivities<Activities>(CLOSE);

/**
 * Runs one benchmark against one target. A failed stage, a passed deadline and a cancel by signal are results; bad
 * input fails the workflow; Temporal's own cancel leaves the same evidence and ends the workflow as cancelled.
 */
export async function benchmarkTarget(input: BenchmarkTargetInput): Promise<ResultDocument> {
  checkTargetInput(input);
  const progress = new RunProgress(namesOf(input));
  // A plain promise, not a Trigger: Temporal's own cancel would reject a Trigger, and here a cancel is news to act on.
  let cancel: (request: Cancel) => void = () => undefined;
  const cancelled = new Promise<Cancel>((resolve) => {
    cancel = (request) => {
      progress.cancelling(request.reason);
      resolve(request);
    };
  });
  setHandler(runStatus, () => progress.status());
  setHandler(cancelRun, (request) => cancel({ reason: request?.reason ?? 'no reason given', byTemporal: false }));

  const plan = 'plan' in input ? input.plan : (await render({ request: input, runId: progress.runId })).plan;
  const judge = judgeOf(plan);
  progress.planned(plan);

  return await CancellationScope.nonCancellable(async () => {
    CancellationScope.current().cancelRequested.catch(() =>
      cancel({ reason: "cancelled through Temporal's own cancel", byTemporal: true }),
    );
    const result = await carryOut({ plan, judge, progress, cancelled });
    await condition(allHandlersFinished);
    if (result.ending.by === 'cancel' && (await cancelled).byTemporal)
      throw new CancelledFailure(result.verdict.reason);
    return result;
  });
}

interface Run {
  readonly plan: Plan;
  readonly progress: RunProgress;
  readonly cancelled: Promise<Cancel>;
}

function namesOf(input: BenchmarkTargetInput): { runId: string; target: string; profile: string } {
  if ('plan' in input) return { runId: input.plan.runId, target: input.plan.target.name, profile: input.plan.profile };
  return { runId: input.runId ?? `r${uuid4().slice(0, 8)}`, target: input.target, profile: input.profile };
}

/** The kind's judge, looked up before anything is done: a run that nobody can judge is bad input. */
function judgeOf(plan: Plan): Judge {
  try {
    return judgeFor({ kind: plan.kind });
  } catch (thrown) {
    throw ApplicationFailure.nonRetryable(messageOf(thrown), INVALID_INPUT);
  }
}

/** Takes the proxy, samples, follows the Job to its end, and always hands back what was seen. */
async function carryOut({ plan, judge, progress, cancelled }: Run & { judge: Judge }): Promise<ResultDocument> {
  const run = referenceOf(plan);
  const problems: string[] = [];
  const { ending, series } = await measure({ plan, progress, cancelled, problems });

  const stage = progress.stageAtFault();
  const collected = stage === null ? undefined : await noting(problems, () => collect({ run, stage }));
  const finishedAtMs = Date.now();
  const evidence = cutEvidence({ plan, series, transitions: progress.transitions, endedAtMs: finishedAtMs });
  const verdict = judge({ plan, evidence, ending, logLines: collected?.logLines ?? [] });
  const result: ResultDocument = {
    version: 1,
    plan,
    startedAtMs: progress.startedAtMs,
    finishedAtMs,
    durationMs: finishedAtMs - progress.startedAtMs,
    ending,
    evidence,
    verdict,
    pullAttempts: progress.pullAttempts,
    // The very list: what goes wrong after the verdict is still to be read in the workflow's result.
    endingProblems: problems,
  };
  progress.ended({ evidence, verdict, finishedAtMs });
  if (progress.jobApplied) {
    await noting(problems, () => annotate({ result }));
    const cleaned = await noting(problems, () => cleanUp({ run }));
    problems.push(...(cleaned?.leftOver ?? []).map((left) => `left over: ${left}`));
  }
  return result;
}

/** Takes the proxy and measures through it: nothing of the run is left when it returns. */
async function measure({ plan, progress, cancelled, problems }: Run & { problems: string[] }): Promise<{
  readonly ending: Ending;
  readonly series: SampleSeries;
}> {
  const run = referenceOf(plan);
  const { intervalMs } = plan.sampling;
  const nothingSeen = emptySeries({ atMs: Date.now(), intervalMs });
  const taken = await takeProxy({
    node: plan.target.node,
    service: plan.proxy.service,
    holder: { runId: plan.runId, workflowId: workflowInfo().workflowId },
  });
  if (progress.cancelReason !== null) return { ending: cancelBeforeAll(progress.cancelReason), series: nothingSeen };
  if (!taken) {
    const what = `another run is measuring through ${plan.proxy.service}; wait for it or cancel it`;
    return { ending: { by: 'unreachable', what }, series: nothingSeen };
  }
  try {
    const { baseline } = await untilCancelled(cancelled, () => openSampling({ run }));
    const sampling = startSampling({ plan, baseline });
    const ending = await untilEnding({ plan, progress, cancelled });
    progress.enter('ending');
    if (progress.jobApplied) await noting(problems, () => stop({ run }));
    const series = await noting(problems, () => sampling.finish());
    const lost = { fromMs: baseline.atMs, toMs: Date.now(), intervalMs, reason: 'the readings were lost' };
    return { ending, series: series ?? lostSeries(lost) };
  } catch (thrown) {
    const reason = isCancellation(thrown) ? progress.cancelReason : null;
    return { ending: reason === null ? endingOf(thrown) : cancelBeforeAll(reason), series: nothingSeen };
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
