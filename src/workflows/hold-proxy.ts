// One active run per proxy: a child workflow whose id names the proxy, which Temporal lets exist only once.
import {
  CancellationScope,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  condition,
  isCancellation,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { proxyWorkflowId } from '../temporal/names.ts';

/** Who holds the proxy; shown by `temporal workflow describe`. */
export interface HoldProxyInput {
  readonly runId: string;
  readonly workflowId: string;
}

/** Holds its own workflow id until it is cancelled. */
export async function holdProxy(_input: HoldProxyInput): Promise<void> {
  await condition(() => false);
}

/** A proxy held for one run. */
export interface HeldProxy {
  /** Lets the next run have it; resolves when it is free. */
  release(): Promise<void>;
}

/**
 * Takes the proxy for this run, or returns null when another run has it. Call it inside a non-cancellable scope: the
 * proxy is to be let go by `release` alone, after the run's processes are gone.
 */
export async function takeProxy(input: {
  readonly node: string;
  readonly service: string;
  readonly holder: HoldProxyInput;
}): Promise<HeldProxy | null> {
  const scope = new CancellationScope();
  try {
    const child = await scope.run(() =>
      startChild(holdProxy, {
        workflowId: proxyWorkflowId(input),
        args: [input.holder],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: `held by ${input.holder.runId}`,
      }),
    );
    return {
      release: async () => {
        scope.cancel();
        await child.result().catch((thrown: unknown) => {
          if (!isCancellation(thrown)) throw thrown;
        });
      },
    };
  } catch (thrown) {
    if (thrown instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw thrown;
  }
}
