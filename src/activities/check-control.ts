// Whether the proxy's control API answers and takes the secret: a wrong one, a missing one and silence need different cures.
import { timedChecks, well, wrong } from '../cluster/diagnosis/check.ts';
import { UnreachableError, messageOf } from '../errors/errors.ts';
import type { PlannedProxy, PlannedTarget, SecretReference } from '../plan/plan.ts';
import { formatBytes } from '../quantities/quantities.ts';
import type { Check } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { withControl } from './open-control.ts';

const NAME = "the proxy's control API answers";
const SILENT = 'Check that the proxy runs and its control API listens there: controlUrl is as its own Pod sees it';
const WITHIN_MS = 14_000;

/** One check, or two where the secret has a fault of its own. */
export async function checkControl(input: {
  readonly deps: ActivityDeps;
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const { signal } = input;
  return await timedChecks({
    name: NAME,
    withinMs: WITHIN_MS,
    hint: SILENT,
    signal,
    look: (bounded) => look({ ...input, signal: bounded }),
  });
}

async function look(input: Parameters<typeof checkControl>[0]): Promise<readonly Check[]> {
  const { deps, target, proxy, signal } = input;
  const { connection } = target;
  try {
    return await withControl({
      deps,
      connection,
      proxy,
      signal,
      use: async (client) => {
        const startedAtMs = performance.now();
        const { connections, uploadTotalBytes, downloadTotalBytes } = await client.read({ signal });
        const tookMs = Math.round(performance.now() - startedAtMs);
        const totals = `${formatBytes(uploadTotalBytes + downloadTotalBytes)} in all`;
        const detail = `${proxy.controlUrl}: ${totals}, ${connections.length} connections listed, in ${tookMs} ms`;
        return [well({ name: NAME, detail })];
      },
    });
  } catch (thrown) {
    signal.throwIfAborted();
    if (answers(thrown, /40[13]/)) return [refused(proxy)];
    // A way there that has found nobody at its far end says so by a status of its own.
    if (answers(thrown, /50[234]/)) {
      return [
        wrong({ name: NAME, detail: `nothing answers at ${proxy.controlUrl} on the proxy's side`, hint: SILENT }),
      ];
    }
    throw thrown;
  }
}

/** Whether what was thrown is an answer of this status. */
function answers(thrown: unknown, status: RegExp): boolean {
  const [, found = ''] = /it answered (\d{3})\b/.exec(messageOf(thrown)) ?? [];
  return thrown instanceof UnreachableError && status.test(found);
}

function refused(proxy: PlannedProxy): Check {
  const setting = `proxyServices.${proxy.service}.controlSecret`;
  const name = "the proxy's control API takes the secret";
  const { controlSecret } = proxy;
  if (controlSecret === undefined) {
    const hint = `Say where the worker reads it: ${setting}: { env: NAME } in sub2api.yaml, never the secret itself`;
    return wrong({ name, detail: 'it asks for a secret, and none is configured', hint });
  }
  const hint = `Put the secret of the proxy's own configuration there and start the worker again; ${setting} says where it is read`;
  return wrong({ name, detail: `it refuses the one in ${placeOf(controlSecret)}`, hint });
}

function placeOf(reference: SecretReference): string {
  return 'env' in reference ? `the worker's variable ${reference.env}` : `the file ${reference.file}`;
}
