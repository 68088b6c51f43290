// One active run per proxy: a child workflow whose id names the proxy, which Temporal lets exist only once.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { condition, ParentClosePolicy, sleep, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { proxyWorkflowId } from '../temporal/names.ts';

/** Who holds the proxy; shown by `temporal workflow describe`. */
export interface HoldProxyInput {
  readonly runId: string;
  readonly workflowId: string;
}

/** A run that has just ended lets its proxy go within milliseconds; one that is under way keeps it for minutes. */
const TRIES = 3;
const BETWEEN_TRIES = '1s';

/** Holds its own workflow id until its run closes and takes it along. */
export async function holdProxy(_input: HoldProxyInput): Promise<void> {
  await condition(() => false);
}

/**
 * Takes the proxy for this run until the run closes; false when another run has it. Call it inside a non-cancellable
 * scope: a cancelled run keeps its proxy until its processes are gone.
 */
export async function takeProxy(input: {
  readonly node: string;
  readonly service: string;
  readonly holder: HoldProxyInput;
}): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await startChild(holdProxy, {
        workflowId: proxyWorkflowId(input),
        args: [input.holder],
        // The server lets it go, however the run closes: no release that a fault could skip.
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: `held by ${input.holder.runId}`,
      });
      return true;
    } catch (thrown) {
      if (!(thrown instanceof WorkflowExecutionAlreadyStartedError)) throw thrown;
      if (tries === TRIES) return false;
      await sleep(BETWEEN_TRIES, { summary: 'another run has the proxy' });
    }
  }
}
