// Keeps what tests provoke on purpose out of their output: only what Temporal's SDK calls an error is worth reading.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** For whatever of the SDK takes a logger of its own, such as the bundler. */
export const quietLogger = new DefaultLogger('ERROR');

/** Call once in a test file's process, before a worker or a native connection is made. */
export function quietRuntime(): void {
  Runtime.install({ logger: quietLogger });
}

/** Somewhere to run one activity, cancel it, or start it again from the heartbeat it left. */
export function quietActivityEnvironment(
  info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {},
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: quietLogger });
}
