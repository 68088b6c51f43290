// The way from a planned proxy to a client of its control API, for as long as one activity needs it.
import type { PlannedProxy, TargetReach } from '../plan/plan.ts';
import type { ControlClient } from '../sampling/control-client.ts';
import type { ActivityDeps } from './deps.ts';

/** Opens the control API, calls `use` with a client, and closes the way again whatever happens. */
export async function withControl<T>(input: {
  readonly deps: ActivityDeps;
  readonly connection: TargetReach;
  readonly proxy: PlannedProxy;
  readonly signal: AbortSignal;
  readonly use: (client: ControlClient) => Promise<T>;
}): Promise<T> {
  const { deps, connection, proxy, signal, use } = input;
  const secret = proxy.controlSecret === undefined ? undefined : await deps.readSecret(proxy.controlSecret);
  const path = await deps.openCluster({ connection }).openControl({ controlUrl: proxy.controlUrl, signal });
  try {
    return await use(deps.createControlClient({ url: path.url, ...(secret === undefined ? {} : { secret }) }));
  } finally {
    await path.close();
  }
}
