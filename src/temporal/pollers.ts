// Whether a worker serves a task queue, as far as Temporal can tell.
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { UnreachableError } from '../errors/errors.ts';
import { withOwnErrors } from './own-error.ts';

/** A poll waits up to a minute, so a worker that lives was last heard of within this time. */
const HEARD_WITHIN_MS = 75_000;

const LISTED_WITHIN_MS = 3_000;
const LOOK_AGAIN_MS = 200;

/** Temporal's number for the queue that workflow tasks come from. */
const WORKFLOW_TASKS = 1;

/** One worker as the service last heard of it. */
export interface Poller {
  readonly identity: string;
  readonly lastHeardAtMs: number;
}

/** Workers that have asked the queue for workflow tasks lately. One killed less than 75 s ago is still among them. */
export async function recentPollers(input: {
  readonly client: Client;
  readonly taskQueue: string;
}): Promise<readonly Poller[]> {
  const { client, taskQueue } = input;
  const answer = await withOwnErrors(() =>
    client.connection.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASKS,
    }),
  );
  return (answer.pollers ?? [])
    .map((poller) => ({
      identity: poller.identity ?? '',
      lastHeardAtMs: Number(poller.lastAccessTime?.seconds ?? 0) * 1000,
    }))
    .filter(({ lastHeardAtMs }) => Date.now() - lastHeardAtMs < HEARD_WITHIN_MS);
}

/**
 * Waits up to 3 s, since a worker that has just begun to poll is listed a moment later.
 * @throws UnreachableError with the command that starts one, when no worker polls the queue
 */
export async function requireWorker(input: { readonly client: Client; readonly taskQueue: string }): Promise<void> {
  const giveUpAtMs = performance.now() + LISTED_WITHIN_MS;
  while ((await recentPollers(input)).length === 0) {
    if (performance.now() > giveUpAtMs) throw noWorker(input);
    await pause(LOOK_AGAIN_MS);
  }
}

/** The error for a queue that nobody serves. */
export function noWorker(input: { readonly taskQueue: string; readonly cause?: unknown }): UnreachableError {
  return new UnreachableError(
    `no worker is polling the task queue ${input.taskQueue}`,
    `Start one: proxybench worker --task-queue ${input.taskQueue}`,
    { cause: input.cause },
  );
}
