// Starts one run per target, as the children of one fleet, and returns at once with every id.
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { BenchmarkFleetInput } from '../workflows/messages.ts';
import { WORKFLOW_TYPES, fleetWorkflowId, runWorkflowId } from './names.ts';
import { withOwnErrors } from './own-error.ts';
import { newRunId } from './run-ids.ts';
import { PROFILE, STATE } from './search-attribute-keys.ts';

export interface StartFleetInput {
  readonly profile: string;
  /** At least one, each once. */
  readonly targets: readonly string[];
  /** How many targets run at once; at least 1. */
  readonly maxParallel: number;
  /** Overrides the profile's run deadline. */
  readonly deadlineMs?: number;
  /** Overrides the public Git remote of the `git-mirror` stage. */
  readonly gitRemote?: string;
}

/** One run that was asked for. */
export interface StartedRun {
  readonly target: string;
  readonly runId: string;
  readonly workflowId: string;
}

export interface StartedFleet {
  readonly fleetId: string;
  readonly workflowId: string;
  readonly profile: string;
  readonly runs: readonly StartedRun[];
}

/** @throws UnreachableError when Temporal does not answer */
export async function startFleet(
  input: StartFleetInput & { readonly client: Client; readonly taskQueue: string },
): Promise<StartedFleet> {
  const { client, taskQueue, profile, targets, maxParallel, deadlineMs, gitRemote } = input;
  const fleetId = newRunId();
  const workflowId = fleetWorkflowId(fleetId);
  const runs = targets.map((target) => {
    const runId = newRunId();
    return { target, runId, workflowId: runWorkflowId(runId) };
  });
  const fleet: BenchmarkFleetInput = {
    fleetId,
    profile,
    runs: runs.map(({ target, runId }) => ({ target, runId })),
    maxParallel,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(gitRemote === undefined ? {} : { gitRemote }),
  };
  await withOwnErrors(() =>
    client.workflow.start(WORKFLOW_TYPES.benchmarkFleet, {
      workflowId,
      taskQueue,
      args: [fleet],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: summaryOf({ profile, targets }),
      typedSearchAttributes: new TypedSearchAttributes([
        { key: PROFILE, value: profile },
        { key: STATE, value: 'running' },
      ]),
      memo: { fleetId, runIds: runs.map(({ runId }) => runId) },
    }),
  );
  return { fleetId, workflowId, profile, runs };
}

/** Temporal takes 200 bytes of summary. */
const SUMMARY_LIMIT = 150;

function summaryOf({ profile, targets }: { readonly profile: string; readonly targets: readonly string[] }): string {
  const text = `${profile} on ${targets.join(', ')}`;
  return text.length <= SUMMARY_LIMIT ? text : `${profile} on ${targets.length} targets`.slice(0, SUMMARY_LIMIT);
}
