// The way from a planned proxy to a client of its control API, for as long as one activity needs it.
import type { PlannedProxy, RunReference, TargetReach } from '../plan/plan.ts';
import type { ControlClient } from '../sampling/control-client.ts';
import { createRecordedClient } from '../sampling/recorded-client.ts';
import type { ActivityDeps } from './deps.ts';

/** Opens the control API, calls `use` with a client, and closes the way again whatever happens. */
export async function withControl<T>(input: {
  readonly deps: ActivityDeps;
  readonly connection: TargetReach;
  readonly proxy: PlannedProxy;
  /** Given where readings for the whole run are wanted. */
  readonly run?: RunReference;
  /** Where earlier readings of the run have come to in a recording; default 0. */
  readonly afterSequence?: number;
  /** Whether what ends the readings ends the run too, asked then; see `createRecordedClient`. Default: always. */
  readonly endsRecording?: () => boolean;
  readonly signal: AbortSignal;
  readonly use: (client: ControlClient) => Promise<T>;
}): Promise<T> {
  const { deps, connection, proxy, run, afterSequence = 0, endsRecording, signal, use } = input;
  const secret = proxy.controlSecret === undefined ? undefined : await deps.readSecret(proxy.controlSecret);
  const secretPart = secret === undefined ? {} : { secret };
  const path = await deps
    .openCluster({ connection })
    .openControl({ proxy, signal, ...secretPart, ...(run === undefined ? {} : { run }) });
  try {
    const { recording } = path;
    return await use(
      recording === undefined
        ? deps.createControlClient({ url: path.url, ...secretPart })
        : createRecordedClient({
            recording,
            afterSequence,
            ...(endsRecording === undefined ? {} : { endsRecording }),
          }),
    );
  } finally {
    await path.close();
  }
}
