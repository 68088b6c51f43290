// What a run has moved so far, read from its sampler's heartbeat: no worker is asked and no history grows.
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { withOwnErrors } from './own-error.ts';

/** The proxy's totals since the run began. */
export interface LiveTotals {
  /** When they were read, the worker's clock. */
  readonly atMs: number;
  /** Both directions. */
  readonly totalBytes: number;
}

/** The last totals that a running run's sampler has told, up to about a second old; null before it has told any. */
export async function liveTotals(input: { readonly client: Client; readonly workflowId: string }): Promise<LiveTotals | null> {
  const { client, workflowId } = input;
  const { raw } = await withOwnErrors(() => client.workflow.getHandle(workflowId).describe());
  const sampler = raw.pendingActivities?.find((activity) => activity.activityType?.name === 'sample');
  const payload = sampler?.heartbeatDetails?.payloads?.[0];
  return payload === undefined ? null : readProgress(defaultPayloadConverter.fromPayload(payload));
}

/** Takes a sampler's heartbeat apart; null for one that another version of the program wrote. */
export function readProgress(progress: unknown): LiveTotals | null {
  if (typeof progress !== 'object' || progress === null) return null;
  if (!('atMs' in progress) || typeof progress.atMs !== 'number') return null;
  if (!('totalBytes' in progress) || typeof progress.totalBytes !== 'number') return null;
  return { atMs: progress.atMs, totalBytes: progress.totalBytes };
}
