// `doctor --transfer` as the client sees it: a workflow of minutes that a person waits for, and that is cancelled when he leaves.
import type { Client } from '@temporalio/client';
import type { Check, TransferRequest } from '../activities/contract.ts';
import { WORKFLOW_TYPES } from './names.ts';
import { withOwnErrors } from './own-error.ts';
import { requireWorker } from './pollers.ts';

/** Far beyond the probe's own deadline of 13 min: ended from outside it could not remove its Job. */
const ENDS_WITHIN_MS = 45 * 60_000;

/**
 * Waits for the probe's end. When `signal` aborts the probe is told to cancel, and waited for until its Job is gone.
 * @throws UnreachableError, InvalidInputError; what `signal` aborted with once the probe has ended
 */
export async function askProbe(input: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly request: TransferRequest;
  readonly signal: AbortSignal;
}): Promise<{ readonly checks: readonly Check[] }> {
  const { client, taskQueue, request, signal } = input;
  await requireWorker({ client, taskQueue });
  signal.throwIfAborted();
  const handle = await withOwnErrors(() =>
    client.workflow.start(WORKFLOW_TYPES.probeTarget, {
      workflowId: `proxybench-probe-${request.target}-${request.runId}`,
      taskQueue,
      args: [request],
      workflowExecutionTimeout: ENDS_WITHIN_MS,
      staticSummary: `a known transfer on ${request.target}`,
    }),
  );
  const leave = (): void => void handle.cancel().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (signal.aborted) leave();
    return (await withOwnErrors(() => handle.result())) as { readonly checks: readonly Check[] };
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
