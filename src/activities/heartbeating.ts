// Keeps an activity's heartbeat going while it waits, so that a dead worker is noticed and a cancel arrives.
import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 1000;

/** Runs `work`, heartbeating once a second with whatever `details` tells then. */
export async function heartbeating<T>(input: {
  readonly details?: () => unknown;
  readonly work: (signal: AbortSignal) => Promise<T>;
}): Promise<T> {
  const context = Context.current();
  const beat = (): void => context.heartbeat(input.details?.());
  beat();
  const timer = setInterval(beat, HEARTBEAT_INTERVAL_MS);
  try {
    return await input.work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
