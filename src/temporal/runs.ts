// Everything the command line asks of Temporal about runs, on one connection.
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { Check, TransferRequest } from '../activities/contract.ts';
import { messageOf } from '../errors/errors.ts';
import type { ResultDocument } from '../evidence/result-document.ts';
import { type FleetStatus, type RunStatus, cancelRun, fleetStatus, runStatus } from '../workflows/messages.ts';
import { askProbe } from './ask-probe.ts';
import { type RunFilter, type RunSummary, listOpenFleets, listRuns, summaryOfExecution } from './list-runs.ts';
import { type LiveTotals, LiveTotalsReader } from './live-totals.ts';
import { failureOfWorkflow, isUnanswered, ownError } from './own-error.ts';
import { noWorker, requireWorker } from './pollers.ts';
import { type ShortWorkflows, createShortWorkflows } from './short-workflows.ts';
import { type StartFleetInput, type StartedFleet, startFleet } from './start-fleet.ts';

/** How a run's workflow ended. */
export type RunEnd =
  | { readonly kind: 'result'; readonly result: ResultDocument }
  /** Ended through Temporal: nothing in the workflow's result, the evidence is on the Job. */
  | { readonly kind: 'cancelled' | 'terminated' | 'timed-out'; readonly message: string }
  /** Never got as far as a verdict: bad input, mostly. */
  | { readonly kind: 'error'; readonly error: Error };

export interface Runs extends ShortWorkflows {
  /** Starts one run per target. @throws UnreachableError */
  startFleet(input: StartFleetInput): Promise<StartedFleet>;
  /** A run, or a fleet, by its workflow's id, as up to date as can be; null when Temporal knows none. */
  find(workflowId: string): Promise<RunSummary | null>;
  /** Workflow ids of the fleets that have not ended. */
  openFleets(): Promise<readonly string[]>;
  /** The live status; asks the worker. @throws UnreachableError when none answers within 5 s */
  statusOf(workflowId: string): Promise<RunStatus>;
  /** A fleet's live status; asks the worker. Throws as `statusOf`. */
  fleetStatusOf(workflowId: string): Promise<FleetStatus>;
  /** Waits for a run's end by long poll. @throws the signal's reason when it aborts first */
  endOf(input: { readonly workflowId: string; readonly signal?: AbortSignal }): Promise<RunEnd>;
  /** What a running run has moved so far; null before its sampler has told anything. */
  liveTotals(workflowId: string): Promise<LiveTotals | null>;
  /** The newest runs that match, newest first. */
  listRuns(filter: RunFilter): Promise<readonly RunSummary[]>;
  /** Asks a run or a fleet to end cleanly: evidence is kept. False when it had ended already. */
  cancelRun(input: { readonly workflowId: string; readonly reason: string }): Promise<boolean>;
  /** The same by Temporal's own cancel, which needs no worker that knows the signal. False when it had ended already. */
  cancelNow(workflowId: string): Promise<boolean>;
  /** A known transfer through a target's proxy; see `askProbe`. */
  probeTarget(input: {
    readonly request: TransferRequest;
    readonly signal: AbortSignal;
  }): Promise<{ readonly checks: readonly Check[] }>;
  /** @throws UnreachableError with the command that starts one, when no worker polls the queue */
  requireWorker(): Promise<void>;
}

/** A query is answered in milliseconds, or not at all. */
const QUERY_WITHIN_MS = 5_000;

export function createRuns({ client, taskQueue }: { readonly client: Client; readonly taskQueue: string }): Runs {
  const totals = new LiveTotalsReader({ client });
  const query = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + QUERY_WITHIN_MS, ask);
    } catch (thrown) {
      if (isUnanswered(thrown)) throw noWorker({ taskQueue, cause: thrown });
      throw ownError(thrown);
    }
  };
  return {
    ...createShortWorkflows({ client, taskQueue }),
    startFleet: (input) => startFleet({ client, taskQueue, ...input }),
    find: (workflowId) => find({ client, workflowId }),
    openFleets: () => listOpenFleets({ client }),
    statusOf: (workflowId) => query(() => client.workflow.getHandle(workflowId).query(runStatus)),
    fleetStatusOf: (workflowId) => query(() => client.workflow.getHandle(workflowId).query(fleetStatus)),
    endOf: (input) => endOf({ client, ...input }),
    liveTotals: (workflowId) => totals.read(workflowId),
    listRuns: (filter) => listRuns({ client, filter }),
    cancelRun: ({ workflowId, reason }) =>
      unlessEnded({ client, workflowId, ask: (handle) => handle.signal(cancelRun, { reason }) }),
    cancelNow: async (workflowId) => {
      // The service takes a cancel of what has ended without a word.
      if ((await find({ client, workflowId }))?.open === false) return false;
      return await unlessEnded({ client, workflowId, ask: (handle) => handle.cancel() });
    },
    probeTarget: (input) => askProbe({ client, taskQueue, ...input }),
    requireWorker: () => requireWorker({ client, taskQueue }),
  };
}

type Handle = ReturnType<Client['workflow']['getHandle']>;

async function find({
  client,
  workflowId,
}: {
  readonly client: Client;
  readonly workflowId: string;
}): Promise<RunSummary | null> {
  try {
    return summaryOfExecution(await client.workflow.getHandle(workflowId).describe());
  } catch (thrown) {
    if (isNotFound(thrown)) return null;
    throw ownError(thrown);
  }
}

/** The service refuses to signal what has ended with the words it uses for what never was: a look tells them apart. */
async function unlessEnded(input: {
  readonly client: Client;
  readonly workflowId: string;
  readonly ask: (handle: Handle) => Promise<unknown>;
}): Promise<boolean> {
  const { client, workflowId, ask } = input;
  try {
    await ask(client.workflow.getHandle(workflowId));
    return true;
  } catch (thrown) {
    if (isNotFound(thrown) && (await find({ client, workflowId })) !== null) return false;
    throw ownError(thrown);
  }
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'WorkflowNotFoundError';
}

async function endOf(input: {
  readonly client: Client;
  readonly workflowId: string;
  readonly signal?: AbortSignal;
}): Promise<RunEnd> {
  const { client, workflowId, signal } = input;
  const wait = (): Promise<ResultDocument> => client.workflow.getHandle(workflowId).result() as Promise<ResultDocument>;
  try {
    return { kind: 'result', result: signal === undefined ? await wait() : await client.withAbortSignal(signal, wait) };
  } catch (thrown) {
    if (signal?.aborted === true) throw signal.reason;
    if (!(thrown instanceof WorkflowFailedError)) throw ownError(thrown);
    return endWithoutResult(thrown);
  }
}

function endWithoutResult(failed: WorkflowFailedError): RunEnd {
  const message = messageOf(failed.cause ?? failed);
  if (failed.cause instanceof CancelledFailure) return { kind: 'cancelled', message };
  if (failed.cause instanceof TerminatedFailure) return { kind: 'terminated', message };
  if (failed.cause instanceof TimeoutFailure) return { kind: 'timed-out', message };
  return { kind: 'error', error: failureOfWorkflow(failed) };
}
