// One failure provoked for real on a cluster: how, what the run must make of it, and what is left when it is over.
import { randomUUID } from 'node:crypto';
import type { ResultDocument } from '../../../src/evidence/result-document.ts';
import type { FailureFamily, RunOutcome } from '../../../src/evidence/verdict.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { RunStatus } from '../../../src/workflows/messages.ts';
import type { ClusterStack, LeftOnCluster } from '../../support/cluster-stack.ts';
import { KUBE } from '../../support/cluster-config.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';
import { provideColdImage } from '../../support/cold-image.ts';
import type { RunHandle } from '../../support/stack.ts';
import { tinyPlan, type TinyPlan } from '../../support/tiny-plan.ts';

/** What a failure may use. */
export interface Provocation {
  readonly stack: ClusterStack;
  readonly plan: Plan;
  readonly handle: RunHandle;
  /** Resolves with the status in which that stage runs. */
  running(stage: string): Promise<RunStatus>;
}

export interface ProvokedFailure {
  readonly name: string;
  /** How it is provoked, in a few words for a table. */
  readonly how: string;
  /** Whether it takes faults that only the project's own cluster can be given, or its images. */
  readonly needsOwnCluster: boolean;
  /** Whether `npm test` has it; the others are left to `npm run bench:cluster-failures`. */
  readonly inTests: boolean;
  plan(stack: ClusterStack): Omit<TinyPlan, 'config' | 'target' | 'runId' | 'image'> & { readonly image?: string };
  /** Set where the node must not have the image: one is made for this run. */
  readonly coldImage?: true;
  /** Before the run begins. */
  before?(stack: ClusterStack): Promise<void> | void;
  /** While the run goes on; the time to the verdict counts from its end. */
  during?(provocation: Provocation): Promise<void>;
  /** Mends what was broken, whatever came of it. */
  after?(stack: ClusterStack): Promise<void> | void;
  readonly expected: {
    readonly outcome: RunOutcome;
    readonly family: FailureFamily;
    readonly stage: string | null;
    readonly reason: RegExp;
    /** In the last useful log lines. */
    readonly log?: RegExp;
    readonly pullAttempts: number;
    /** False where the Job itself is gone. */
    readonly hasJob: boolean;
    /** More of the result, thrown as an error where it is wrong. */
    readonly also?: (result: ResultDocument) => void;
  };
}

export interface ProvokedResult {
  readonly result: ResultDocument;
  /** From the provocation, or the run's start where there was none during it. */
  readonly toVerdictMs: number;
  /** The attempts that the status showed while the run went on. */
  readonly attemptsSeen: readonly number[];
  readonly left: LeftOnCluster;
}

/** Provokes it, waits for the verdict, and mends what was broken. */
export async function provokeFailure(input: {
  readonly stack: ClusterStack;
  readonly failure: ProvokedFailure;
  readonly target?: string;
}): Promise<ProvokedResult> {
  const { stack, failure, target = KUBE } = input;
  const runId = `provoked-${randomUUID().slice(0, 8)}`;
  const usual = failure.coldImage === undefined ? stack.cluster.tinyImage : await coldImage();
  const { image = usual, ...rest } = failure.plan(stack);
  const plan = tinyPlan({ config: stack.config, target, runId, image, ...rest });
  try {
    await failure.before?.(stack);
    let sinceMs = Date.now();
    const handle = await stack.startPlan(plan);
    const attemptsSeen = watchAttempts(stack, handle);
    const running = (stage: string): Promise<RunStatus> => stack.stageIs({ handle, stage, state: 'running' });
    if (failure.during !== undefined) {
      await failure.during({ stack, plan, handle, running });
      sinceMs = Date.now();
    }
    const result = await handle.result();
    const { finishedAtMs } = result;
    return {
      result,
      toVerdictMs: Math.max(0, finishedAtMs - sinceMs),
      attemptsSeen: await attemptsSeen,
      left: await stack.leftOf(runId),
    };
  } finally {
    await failure.after?.(stack);
  }
}

async function coldImage(): Promise<string> {
  const cluster = readTestCluster();
  if (cluster === null) throw new Error('the test cluster is not up');
  return provideColdImage(cluster, { base: 'shell', ballastMiB: 4 });
}

/** What is wrong with what came of it; empty when all is as expected. */
export function findings(input: {
  readonly failure: ProvokedFailure;
  readonly provoked: ProvokedResult;
}): readonly string[] {
  const { expected } = input.failure;
  const { result, left, attemptsSeen } = input.provoked;
  const { verdict, endingProblems, pullAttempts } = result;
  const found: string[] = [];
  const check = (holds: boolean, what: string): void => void (holds || found.push(what));
  check(verdict.outcome === expected.outcome, `outcome ${verdict.outcome}, not ${expected.outcome}`);
  check(verdict.failureFamily === expected.family, `family ${verdict.failureFamily}, not ${expected.family}`);
  check(verdict.stage === expected.stage, `stage ${verdict.stage}, not ${expected.stage}`);
  check(expected.reason.test(verdict.reason), `reason "${verdict.reason}", not ${expected.reason}`);
  const log = verdict.logLines.join('\n');
  check(expected.log?.test(log) ?? true, `log lines "${log}", not ${expected.log}`);
  check(pullAttempts === expected.pullAttempts, `${pullAttempts} attempts, not ${expected.pullAttempts}`);
  const attempts = Array.from({ length: expected.pullAttempts }, (_, index) => index + 1);
  check(attempts.join() === attemptsSeen.join(), `the status showed attempts ${attemptsSeen.join()}`);
  check(left.alivePods.length === 0, `left running: ${left.alivePods.join()}`);
  check(left.unowned.length === 0, `left for ever: ${left.unowned.join()}`);
  if (expected.hasJob) {
    check(endingProblems.length === 0, `problems at the end: ${endingProblems.join('; ')}`);
    check(left.jobs.length === 1 && (left.jobs[0]?.ttlSeconds ?? 0) > 0, 'its Job does not expire');
    const told = left.annotated;
    check(told.found && isShortened(told.summary.reason, verdict.reason), 'its Job does not tell the reason');
    check(told.found && told.summary.failureFamily === verdict.failureFamily, 'its Job does not tell the family');
  } else check(left.jobs.length === 0, 'its Job is still there');
  try {
    expected.also?.(result);
  } catch (thrown) {
    found.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return found;
}

/** An annotation has little room: a long sentence is cut there. */
function isShortened(short: string, whole: string): boolean {
  return short === whole || (short.endsWith('…') && whole.startsWith(short.slice(0, -1)));
}

/** Each number of attempts that the status told, in order, until the run has ended. */
async function watchAttempts(stack: ClusterStack, handle: RunHandle): Promise<readonly number[]> {
  const seen: number[] = [];
  await stack.statusWhere({
    handle,
    is: ({ pullAttempts, finishedAtMs }) => {
      if (seen.at(-1) !== pullAttempts) seen.push(pullAttempts);
      return finishedAtMs !== null;
    },
    what: 'never',
  });
  return seen;
}
