// While a run is being ended, one step that fails must not take the others with it.
import { ActivityFailure, rootCause } from '@temporalio/workflow';

/** Runs a step; a failed activity becomes a sentence in `problems` and the step's value is undefined. */
export async function noting<T>(problems: string[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (thrown) {
    if (!(thrown instanceof ActivityFailure)) throw thrown;
    problems.push(`${thrown.activityType}: ${rootCause(thrown) ?? thrown.message}`);
    return undefined;
  }
}
