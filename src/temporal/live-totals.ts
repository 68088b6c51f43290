// What a run has moved so far, read from its sampler's heartbeat: no worker is asked and no history grows.
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { SamplingBaseline } from '../activities/contract.ts';
import { withOwnErrors } from './own-error.ts';

/** The proxy's totals since the run began. */
export interface LiveTotals {
  /** When they were read, the worker's clock. */
  readonly atMs: number;
  /** Both directions. */
  readonly totalBytes: number;
}

/** A sampler's heartbeat, as far as it is read here. */
export interface HeartbeatTotals {
  readonly atMs: number;
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
}

/** Follows runs; remembers where each one's counting began. */
export class LiveTotalsReader {
  readonly #client: Client;
  readonly #baselines = new Map<string, number>();

  constructor({ client }: { readonly client: Client }) {
    this.#client = client;
  }

  /** The last totals that a running run's sampler has told, up to about a second old; null before it has told any. */
  async read(workflowId: string): Promise<LiveTotals | null> {
    return await withOwnErrors(async () => {
      const { raw } = await this.#client.workflow.getHandle(workflowId).describe();
      const sampler = raw.pendingActivities?.find((activity) => activity.activityType?.name === 'sample');
      const payload = sampler?.heartbeatDetails?.payloads?.[0];
      const progress = payload === undefined ? null : heartbeatTotals(defaultPayloadConverter.fromPayload(payload));
      if (progress === null) return null;
      return totalsSince({ progress, baselineBytes: await this.#baselineOf(workflowId) });
    });
  }

  /** Read from the history once: the sampler was given it as its input. */
  async #baselineOf(workflowId: string): Promise<number> {
    const known = this.#baselines.get(workflowId);
    if (known !== undefined) return known;
    const { events } = await this.#client.workflow.getHandle(workflowId).fetchHistory();
    const scheduled = events?.findLast(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'sample',
    );
    const payload = scheduled?.activityTaskScheduledEventAttributes?.input?.payloads?.[0];
    if (payload === undefined || payload === null) return 0;
    const { baseline } = defaultPayloadConverter.fromPayload<{ readonly baseline: SamplingBaseline }>(payload);
    const bytes = baseline.uploadBytes + baseline.downloadBytes;
    this.#baselines.set(workflowId, bytes);
    return bytes;
  }
}

/** Counted from the baseline; from zero when the counters have begun anew, for then all they show is the run's. */
function totalsSince({
  progress,
  baselineBytes,
}: {
  readonly progress: HeartbeatTotals;
  readonly baselineBytes: number;
}): LiveTotals {
  const bytes = progress.uploadTotalBytes + progress.downloadTotalBytes;
  return { atMs: progress.atMs, totalBytes: bytes >= baselineBytes ? bytes - baselineBytes : bytes };
}

/** Takes a sampler's heartbeat apart; null for one that another version of the program wrote. */
function heartbeatTotals(progress: unknown): HeartbeatTotals | null {
  if (typeof progress !== 'object' || progress === null) return null;
  const { atMs, uploadTotalBytes, downloadTotalBytes } = progress as Partial<Record<keyof HeartbeatTotals, unknown>>;
  if (typeof atMs !== 'number' || typeof uploadTotalBytes !== 'number' || typeof downloadTotalBytes !== 'number')
    return null;
  return { atMs, uploadTotalBytes, downloadTotalBytes };
}
