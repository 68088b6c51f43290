// Keeps what is known of one running run up to date until the run has ended.
import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError, messageOf } from '../errors/errors.ts';
import type { LiveView } from '../reports/live-view.ts';
import type { LiveTotals } from '../temporal/live-totals.ts';
import type { Runs } from '../temporal/runs.ts';
import type { RunStatus } from '../workflows/messages.ts';

/** A run to follow. */
export interface FollowedRun {
  readonly target: string;
  readonly workflowId: string;
  /** The fleet that will start it; a fleet that has ended starts nothing any more. */
  readonly fleetWorkflowId?: string;
}

/** What following asks of Temporal. */
export type FollowingRuns = Pick<Runs, 'find' | 'endOf' | 'liveTotals' | 'statusOf'>;

const ASK_EVERY_MS = 1_000;
/** Readings kept: more than the rate needs. */
const KEPT_READINGS = 30;
/** The rate is taken over this long, so that it neither jumps nor lags. */
const RATE_OVER_MS = 5_000;

/** One run's live view. */
export class RunFollower {
  readonly #runs: FollowingRuns;
  readonly #run: FollowedRun;
  readonly #totals: LiveTotals[] = [];
  #begun = false;
  /** When the last totals came, this machine's clock: an old rate is no rate. */
  #heardAtMs = 0;
  #status: RunStatus | null = null;
  #note: string | null = null;

  constructor({ runs, run }: { readonly runs: FollowingRuns; readonly run: FollowedRun }) {
    this.#runs = runs;
    this.#run = run;
  }

  /** Resolves once the run has ended, or can never begin. @throws the signal's reason when it aborts first */
  async untilEnded(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const end = this.#awaitEnd({ signal: AbortSignal.any([signal, ended.signal]) });
    const asking = this.#ask({ signal: AbortSignal.any([signal, ended.signal]) });
    try {
      await end;
    } finally {
      ended.abort();
      await asking;
    }
    await this.#look();
  }

  view(nowMs: number): LiveView {
    return {
      target: this.#run.target,
      begun: this.#begun,
      status: this.#status,
      totals: this.#totals.at(-1) ?? null,
      rateBytesPerSecond: nowMs - this.#heardAtMs > RATE_OVER_MS ? null : rateOver(this.#totals),
      note: this.#note,
      nowMs,
    };
  }

  async #awaitEnd({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { workflowId, fleetWorkflowId } = this.#run;
    for (;;) {
      signal.throwIfAborted();
      try {
        const run = await this.#runs.find(workflowId);
        signal.throwIfAborted();
        if (run !== null) {
          await this.#runs.endOf({ workflowId, signal });
          return;
        }
        if (fleetWorkflowId === undefined || (await this.#runs.find(fleetWorkflowId))?.open !== true) return;
      } catch (thrown) {
        // A service that is being restarted must not end the watching of a run that survives it.
        if (!(thrown instanceof UnreachableError)) throw thrown;
        this.#note = `${messageOf(thrown)}; asking again`;
      }
      await pause(ASK_EVERY_MS, undefined, { signal });
    }
  }

  async #ask({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await pause(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    try {
      this.#begun = (await this.#runs.find(this.#run.workflowId)) !== null;
      if (!this.#begun) return;
      const totals = await this.#runs.liveTotals(this.#run.workflowId);
      if (totals !== null && totals.atMs !== this.#totals.at(-1)?.atMs) {
        this.#totals.push(totals);
        this.#heardAtMs = Date.now();
      }
      if (this.#totals.length > KEPT_READINGS) this.#totals.shift();
      this.#status = await this.#runs.statusOf(this.#run.workflowId);
      this.#note = null;
    } catch (thrown) {
      this.#note = `${messageOf(thrown)}; the run goes on when it is back`;
    }
  }
}

function rateOver(totals: readonly LiveTotals[]): number | null {
  const last = totals.at(-1);
  const first = totals.find(({ atMs }) => last !== undefined && last.atMs - atMs <= RATE_OVER_MS);
  if (last === undefined || first === undefined || last.atMs === first.atMs) return null;
  return Math.max(0, ((last.totalBytes - first.totalBytes) * 1000) / (last.atMs - first.atMs));
}
