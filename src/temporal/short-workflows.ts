// Questions to a target, put through the worker: short workflows that a person waits for.
import type { Client } from '@temporalio/client';
import type { InspectRequest, InspectResult, TrafficSample } from '../activities/contract.ts';
import { UnreachableError } from '../errors/errors.ts';
import type { SampleTrafficInput } from '../workflows/messages.ts';
import { WORKFLOW_TYPES } from './names.ts';
import { withOwnErrors } from './own-error.ts';
import { recentPollers, requireWorker } from './pollers.ts';
import { newRunId } from './run-ids.ts';

/** The inspect activity's own patience is 30 s, attempts and pauses together; then the answer travels back. */
const INSPECT_WITHIN_MS = 35_000;
/** The traffic activity's patience beyond its seconds, twice for its one retry. */
const TRAFFIC_MARGIN_MS = 35_000;

/** Puts questions to targets. */
export interface ShortWorkflows {
  /**
   * Reads a target's Job, logs, checks.
   * @throws UnreachableError when no worker answers or the target does not, InvalidInputError for an unknown target
   */
  inspectTarget(request: InspectRequest): Promise<InspectResult>;
  /** Samples a proxy for 1 to 300 seconds. Throws as `inspectTarget`. */
  sampleTraffic(input: SampleTrafficInput): Promise<TrafficSample>;
}

export function createShortWorkflows({
  client,
  taskQueue,
}: {
  readonly client: Client;
  readonly taskQueue: string;
}): ShortWorkflows {
  const ask = async <T>(question: Question): Promise<T> => {
    await requireWorker({ client, taskQueue });
    const answer = await withOwnErrors(() => answered<T>({ client, taskQueue, question }));
    if (answer !== TOO_LATE) return answer;
    const [poller] = await recentPollers({ client, taskQueue });
    const heard =
      poller === undefined ? 'none has polled it lately' : `${poller.identity} polled it lately but may be gone`;
    throw new UnreachableError(
      `no worker answered on the task queue ${taskQueue} within ${question.withinMs / 1000} s (${heard})`,
      `Start one: proxybench worker --task-queue ${taskQueue}`,
    );
  };
  return {
    inspectTarget: (request) =>
      ask({
        type: WORKFLOW_TYPES.inspectTarget,
        workflowId: `proxybench-inspect-${request.target}-${newRunId()}`,
        summary: `look at ${request.target}`,
        input: request,
        withinMs: INSPECT_WITHIN_MS,
      }),
    sampleTraffic: (input) =>
      ask({
        type: WORKFLOW_TYPES.sampleTraffic,
        workflowId: `proxybench-traffic-${input.target}-${newRunId()}`,
        summary: `${input.seconds} s of traffic on ${input.target}`,
        input,
        withinMs: 2 * input.seconds * 1000 + TRAFFIC_MARGIN_MS,
      }),
  };
}

interface Question {
  readonly type: string;
  readonly workflowId: string;
  readonly summary: string;
  readonly input: unknown;
  readonly withinMs: number;
}

const TOO_LATE = Symbol('too late');

async function answered<T>(input: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly question: Question;
}): Promise<T | typeof TOO_LATE> {
  const { client, taskQueue, question } = input;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), question.withinMs);
  try {
    return await client.withAbortSignal(patience.signal, async () => {
      const handle = await client.workflow.start(question.type, {
        workflowId: question.workflowId,
        taskQueue,
        args: [question.input],
        // An answer nobody waits for any more is not worth a worker's time.
        workflowExecutionTimeout: question.withinMs,
        staticSummary: question.summary,
      });
      return (await handle.result()) as T;
    });
  } catch (thrown) {
    if (patience.signal.aborted) return TOO_LATE;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}
