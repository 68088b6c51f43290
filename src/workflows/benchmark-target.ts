// One target's run, start to verdict: the durable sequence that every benchmark kind goes through.
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  proxyActivities,
  uuid4,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { messageOf } from '../errors/errors.ts';
import { INVALID_INPUT } from '../errors/failure-types.ts';
import { cutEvidence } from '../evidence/attribute.ts';
import type { ResultDocument } from '../evidence/result-document.ts';
import type { Judge } from '../evidence/verdict.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import { judgeFor } from '../profiles/judges.ts';
import { checkTargetInput } from './check-input.ts';
import { hearCancels } from './cancel-requests.ts';
import { endedAtMs } from './ended-at.ts';
import { measure } from './measure.ts';
import type { BenchmarkTargetInput } from './messages.ts';
import { noting } from './noting.ts';
import { CLOSE, RENDER } from './policies.ts';
import { removeTraces } from './remove-traces.ts';
import { RunProgress } from './run-progress.ts';

const { render } = proxyActivities<Activities>(RENDER);
const { collect, annotate } = proxyActivities<Activities>(CLOSE);

/**
 * Runs one benchmark against one target. A failed stage, a passed deadline and a cancel by signal are results; bad
 * input fails the workflow; Temporal's own cancel leaves the same evidence and ends the workflow as cancelled.
 */
export async function benchmarkTarget(input: BenchmarkTargetInput): Promise<ResultDocument> {
  checkTargetInput(input);
  const progress = new RunProgress(namesOf(input));
  const { cancelled, cancelByTemporal } = hearCancels({ progress });

  const plan = 'plan' in input ? input.plan : (await render({ request: input, runId: progress.runId })).plan;
  const judge = judgeOf(plan);
  progress.planned(plan);

  return await CancellationScope.nonCancellable(async () => {
    CancellationScope.current().cancelRequested.catch(cancelByTemporal);
    const result = await carryOut({ plan, judge, progress, cancelled });
    await condition(allHandlersFinished);
    if (result.ending.by === 'cancel' && (await cancelled).byTemporal)
      throw new CancelledFailure(result.verdict.reason);
    return result;
  });
}

type Run = Pick<Parameters<typeof measure>[0], 'plan' | 'progress' | 'cancelled'>;

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
  const evidence = cutEvidence({
    plan,
    series,
    transitions: progress.attempts.last,
    earlierTransitions: progress.attempts.earlier,
    endedAtMs: endedAtMs({ transitions: progress.transitions, series }),
    clients: progress.clients,
  });
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
  if (progress.jobApplied) await noting(problems, () => annotate({ result }));
  await removeTraces({ run, progress, problems });
  return result;
}
