// What `status` knows of one run: live while it goes on, the durable evidence once it has ended.
import type { ResultRow } from '../evidence/result-row.ts';
import type { ResultSummary } from '../evidence/result-summary.ts';
import type { TrafficSample } from '../activities/contract.ts';
import type { LiveTotals } from '../temporal/live-totals.ts';
import type { RunStatus } from '../workflows/messages.ts';

/** Where the report was read. */
export type ReportSource =
  | 'live query'
  | "the Job's annotation"
  | "the workflow's result"
  /** Only the list of runs tells anything. */
  | 'visibility';

export interface RunReport {
  readonly target: string;
  /** What `--run` takes; null for a Job whose run Temporal has forgotten. */
  readonly run: string | null;
  readonly workflowId: string | null;
  readonly state: string;
  readonly source: ReportSource;
  /** What a reader must know about the source; null when there is nothing to say. */
  readonly note: string | null;
  /** While it runs. */
  readonly status: RunStatus | null;
  readonly totals: LiveTotals | null;
  /** Once it has ended. */
  readonly summary: ResultSummary | null;
  readonly row: ResultRow | null;
  /** Why there is no verdict, for a run that ended without one. */
  readonly error: {
    readonly kind: 'invalid-input' | 'unreachable' | 'internal' | 'no-verdict';
    readonly message: string;
  } | null;
  /** The proxy as of now, when asked for. */
  readonly traffic: TrafficSample | null;
}
