// Many targets, one child run each, a bounded number at once; one target's failure leaves the others alone.
import {
  CancellationScope,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  TemporalFailure,
  allHandlersFinished,
  condition,
  rootCause,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import { resultRow } from '../evidence/result-row.ts';
import { runWorkflowId } from '../temporal/names.ts';
import { benchmarkTarget } from './benchmark-target.ts';
import { checkFleetInput } from './check-input.ts';
import { fleetDetails } from './fleet-details.ts';
import { type BenchmarkFleetInput, type FleetRow, type FleetStatus, cancelRun, fleetStatus } from './messages.ts';

/** Runs the profile on every target and returns one table. A cancel by signal ends the running ones and starts no more. */
export async function benchmarkFleet(input: BenchmarkFleetInput): Promise<FleetStatus> {
  checkFleetInput(input);
  const fleet = new Fleet(input);
  setHandler(fleetStatus, () => fleet.status());
  setHandler(cancelRun, async (request) => fleet.cancel(request?.reason ?? 'no reason given'));
  const lanes = Array.from({ length: Math.max(1, input.maxParallel) }, () => fleet.work());
  await Promise.all(lanes);
  await condition(allHandlersFinished);
  return fleet.status();
}

class Fleet {
  readonly #input: BenchmarkFleetInput;
  readonly #rows: FleetRow[];
  readonly #running = new Map<number, ChildWorkflowHandle<typeof benchmarkTarget>>();
  #next = 0;
  #cancelReason: string | null = null;

  constructor(input: BenchmarkFleetInput) {
    this.#input = input;
    this.#rows = input.runs.map(({ target, runId }) => ({
      target,
      runId,
      workflowId: runWorkflowId(runId),
      state: 'queued',
      summary: null,
      error: null,
    }));
    setCurrentDetails(fleetDetails(this.status()));
  }

  status(): FleetStatus {
    const { fleetId, profile } = this.#input;
    const ended = this.#rows.every((row) => row.state === 'ended');
    return { version: 1, fleetId, profile, state: ended ? 'ended' : 'running', rows: this.#rows };
  }

  /** Takes queued targets one after another until none is left. */
  async work(): Promise<void> {
    while (this.#next < this.#rows.length) {
      const index = this.#next++;
      if (this.#cancelReason === null) await this.#runOne(index);
      else this.#update(index, { state: 'ended', error: `never started: cancelled (${this.#cancelReason})` });
    }
  }

  async cancel(reason: string): Promise<void> {
    this.#cancelReason ??= reason;
    // A child that has just ended cannot be told any more, and need not be.
    await Promise.allSettled([...this.#running.values()].map((child) => child.signal(cancelRun, { reason })));
  }

  async #runOne(index: number): Promise<void> {
    const run = this.#input.runs[index];
    if (run === undefined) return;
    const { profile, deadlineMs, gitRemote } = this.#input;
    this.#update(index, { state: 'running' });
    try {
      const child = await startChild(benchmarkTarget, {
        workflowId: runWorkflowId(run.runId),
        args: [
          {
            ...run,
            profile,
            ...(deadlineMs === undefined ? {} : { deadlineMs }),
            ...(gitRemote === undefined ? {} : { gitRemote }),
          },
        ],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `${profile} on ${run.target}`,
      });
      this.#running.set(index, child);
      // As in cancel(): a child that has ended meanwhile need not be told, and its result still counts.
      if (this.#cancelReason !== null)
        await child.signal(cancelRun, { reason: this.#cancelReason }).catch(() => undefined);
      this.#update(index, { state: 'ended', summary: resultRow(await child.result()) });
    } catch (thrown) {
      if (CancellationScope.current().consideredCancelled) throw thrown;
      if (!(thrown instanceof TemporalFailure)) throw thrown;
      this.#update(index, { state: 'ended', error: rootCause(thrown) ?? thrown.message });
    } finally {
      this.#running.delete(index);
    }
  }

  #update(index: number, change: Partial<FleetRow>): void {
    const row = this.#rows[index];
    if (row === undefined) return;
    this.#rows[index] = { ...row, ...change };
    setCurrentDetails(fleetDetails(this.status()));
  }
}
