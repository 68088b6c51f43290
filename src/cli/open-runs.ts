// A connection to Temporal for the length of one command.
import type { TemporalConnection } from '../temporal/connection.ts';
import type { ConnectionSettings } from '../temporal/connection-settings.ts';
import { DEFAULT_TASK_QUEUE } from '../temporal/names.ts';
import type { Runs } from '../temporal/runs.ts';
import type { Console } from './console.ts';

/** What the options of every command that speaks to Temporal come to. */
export interface TemporalOptions {
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  readonly taskQueue: string;
}

export interface OpenRuns {
  readonly runs: Runs;
  readonly temporal: TemporalConnection;
  readonly settings: ConnectionSettings;
}

/** Flags win over the environment. @throws InvalidInputError */
export async function settingsOf({
  console,
  options,
}: {
  readonly console: Console;
  readonly options: TemporalOptions;
}): Promise<ConnectionSettings> {
  const { connectionSettings } = await import('../temporal/connection-settings.ts');
  const { address, namespace } = options;
  return connectionSettings({
    env: {
      ...console.env,
      ...(address === undefined ? {} : { TEMPORAL_ADDRESS: address }),
      ...(namespace === undefined ? {} : { TEMPORAL_NAMESPACE: namespace }),
    },
  });
}

/**
 * Connects, hands the runs to `use`, and closes. Temporal's client is loaded here and not before, so that help and
 * dry runs stay quick and need none of it.
 * @throws UnreachableError when Temporal does not answer, and whatever `use` throws
 */
export async function withRuns<T>(input: {
  readonly console: Console;
  readonly options: TemporalOptions;
  readonly use: (open: OpenRuns) => Promise<T>;
}): Promise<T> {
  const settings = await settingsOf(input);
  const [{ connectTemporal }, { createRuns }] = await Promise.all([
    import('../temporal/connection.ts'),
    import('../temporal/runs.ts'),
  ]);
  const temporal = await connectTemporal(settings);
  try {
    const runs = createRuns({ client: temporal.client, taskQueue: input.options.taskQueue });
    return await input.use({ runs, temporal, settings });
  } finally {
    await temporal.close();
  }
}

/** The flags that lead another command to the same place; empty for the defaults. */
export function placeFlags({
  settings,
  options,
}: {
  readonly settings: ConnectionSettings;
  readonly options: TemporalOptions;
}): string {
  return [
    ...(settings.address === '127.0.0.1:7233' ? [] : [` --address ${settings.address}`]),
    ...(settings.namespace === 'default' ? [] : [` --namespace ${settings.namespace}`]),
    ...(options.taskQueue === DEFAULT_TASK_QUEUE ? [] : [` --task-queue ${options.taskQueue}`]),
  ].join('');
}
