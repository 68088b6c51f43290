// Runs as Temporal's visibility store knows them, found by typed search attributes.
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { RUN_OUTCOMES } from '../evidence/verdict.ts';
import type { ListedState } from './listed-state.ts';
import { WORKFLOW_TYPES, runWorkflowId } from './names.ts';
import { withOwnErrors } from './own-error.ts';
import { FAILURE_FAMILY, PROFILE, STATE, TARGET } from './search-attribute-keys.ts';

/** One run of a list. */
export interface RunSummary {
  readonly workflowId: string;
  /** What `--run` takes: the run's id, or the workflow's id for a run that was started under another name. */
  readonly run: string;
  readonly target: string | null;
  readonly profile: string | null;
  readonly state: ListedState;
  /** Whether its workflow is still open. */
  readonly open: boolean;
  readonly failureFamily: string | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly jobName: string | null;
}

export interface RunFilter {
  readonly target?: string;
  readonly profile?: string;
  readonly state?: ListedState;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** The store orders by the end of runs and tells nothing else, so this many are looked at before the newest are chosen. */
const LOOKED_AT_LEAST = 200;

/** The newest runs that match, newest first. The store may lag behind by a second. */
export async function listRuns({
  client,
  filter,
}: {
  readonly client: Client;
  readonly filter: RunFilter;
}): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = [];
  const enough = Math.max(filter.limit, LOOKED_AT_LEAST);
  await withOwnErrors(async () => {
    for await (const execution of client.workflow.list({ query: queryOf(filter), pageSize: enough })) {
      found.push(summaryOfExecution(execution));
      if (found.length >= enough) break;
    }
  });
  return found.toSorted((a, b) => b.startedAtMs - a.startedAtMs).slice(0, filter.limit);
}

/** Workflow ids of the fleets that have not ended. */
export async function listOpenFleets({ client }: { readonly client: Client }): Promise<readonly string[]> {
  const query = `WorkflowType = ${quoted(WORKFLOW_TYPES.benchmarkFleet)} AND ExecutionStatus = 'Running'`;
  return await withOwnErrors(async () => {
    const found: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
    return found;
  });
}

/** The visibility query of a filter. */
function queryOf({ target, profile, state }: RunFilter): string {
  return [
    `WorkflowType = ${quoted(WORKFLOW_TYPES.benchmarkTarget)}`,
    ...(target === undefined ? [] : [`${TARGET.name} = ${quoted(target)}`]),
    ...(profile === undefined ? [] : [`${PROFILE.name} = ${quoted(profile)}`]),
    ...(state === undefined ? [] : [stateQuery(state)]),
  ].join(' AND ');
}

function stateQuery(state: ListedState): string {
  switch (state) {
    case 'running':
      return "ExecutionStatus = 'Running'";
    case 'error':
      return "ExecutionStatus = 'Failed'";
    case 'terminated':
      return "ExecutionStatus = 'Terminated'";
    case 'timed-out':
      return "ExecutionStatus = 'TimedOut'";
    default:
      return `${STATE.name} = ${quoted(state)}`;
  }
}

/** Doubling is the escape that the service takes back; backslashes, which no name may hold, it does not treat alike. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** What Temporal tells of a workflow by itself, without asking a worker. */
export function summaryOfExecution(execution: Execution): RunSummary {
  const attributes = execution.typedSearchAttributes;
  const { workflowId, memo } = execution;
  const prefix = runWorkflowId('');
  return {
    workflowId,
    run: workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : workflowId,
    target: attributes.get(TARGET) ?? null,
    profile: attributes.get(PROFILE) ?? null,
    state: listedState({ status: execution.status.name, noted: attributes.get(STATE) }),
    open: execution.status.name === 'RUNNING' || execution.status.name === 'PAUSED',
    failureFamily: attributes.get(FAILURE_FAMILY) ?? null,
    startedAtMs: execution.startTime.getTime(),
    finishedAtMs: execution.closeTime?.getTime() ?? null,
    jobName: typeof memo?.['jobName'] === 'string' ? memo['jobName'] : null,
  };
}

type Execution = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'typedSearchAttributes' | 'memo' | 'status' | 'startTime' | 'closeTime'
>;

function listedState(input: {
  readonly status: WorkflowExecutionInfo['status']['name'];
  readonly noted: string | undefined;
}): ListedState {
  const ended = RUN_OUTCOMES.find((outcome) => outcome === input.noted);
  switch (input.status) {
    case 'FAILED':
      return 'error';
    case 'TERMINATED':
      return 'terminated';
    case 'TIMED_OUT':
      return 'timed-out';
    case 'CANCELLED':
      return ended ?? 'cancelled';
    default:
      return ended ?? 'running';
  }
}
