// A live look at a target's proxy, some seconds long.
import { resolveProxy, resolveTarget } from '../config/config.ts';
import { sampleForSeconds } from '../sampling/take-sample.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';
import { withControl } from './open-control.ts';

export function createSampleTraffic(deps: ActivityDeps): Activities['sampleTraffic'] {
  return async ({ target: name, seconds }) => {
    const config = await deps.loadConfig();
    const target = resolveTarget({ config, name });
    const proxy = resolveProxy({ config, target });
    const sample = await heartbeating({
      work: (signal) =>
        withControl({
          deps,
          connection: target.connection,
          proxy,
          signal,
          use: (client) => sampleForSeconds({ client, seconds, signal }),
        }),
    });
    return { target: name, ...sample };
  };
}
