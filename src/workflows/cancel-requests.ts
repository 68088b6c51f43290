// Who may end a run early and how it hears of it: the handlers that every workflow with a run sets before anything else.
import { setHandler } from '@temporalio/workflow';
import type { Cancel } from './cancel.ts';
import { cancelRun, runStatus } from './messages.ts';
import type { RunProgress } from './run-progress.ts';

/** Requests to end a run; the first one counts. */
export interface CancelRequests {
  readonly cancelled: Promise<Cancel>;
  /** To be called when Temporal's own cancel comes. */
  readonly cancelByTemporal: () => void;
}

/** Answers the status query and hears the signal. Call it before the first `await`. */
export function hearCancels({ progress }: { readonly progress: RunProgress }): CancelRequests {
  // A plain promise, not a Trigger: Temporal's own cancel would reject a Trigger, and here a cancel is news to act on.
  let cancel: (request: Cancel) => void = () => undefined;
  const cancelled = new Promise<Cancel>((resolve) => {
    cancel = (request) => {
      progress.cancelling(request.reason);
      resolve(request);
    };
  });
  setHandler(runStatus, () => progress.status());
  setHandler(cancelRun, (request) => cancel({ reason: request?.reason ?? 'no reason given', byTemporal: false }));
  return {
    cancelled,
    cancelByTemporal: () => cancel({ reason: "cancelled through Temporal's own cancel", byTemporal: true }),
  };
}
