// One answer of the control API, read on the far side in one bounded call.
import { UnreachableError } from '../../errors/errors.ts';
import type { PlannedProxy } from '../../plan/plan.ts';
import { controlArguments, curlSetting } from './control-arguments.ts';
import { remoteScript } from './remote-script.ts';
import type { Route } from './route.ts';

/** What the control API answered; `status` is HTTP's. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: string;
}

/** @throws UnreachableError when there is no way to the control API */
export async function readControl(input: {
  readonly route: Route;
  readonly proxy: PlannedProxy;
  readonly secret: string | undefined;
  /** `/connections`. */
  readonly path: string;
  readonly signal: AbortSignal;
}): Promise<ControlAnswer> {
  const { route, proxy, secret, path, signal } = input;
  const { exitCode, output, said } = await route.call({
    purpose: "read the proxy's control API",
    script: remoteScript('spool', 'kubectl', 'reach-control', 'read-control'),
    args: ['no-run', ...controlArguments(proxy), path],
    input: `${curlSetting(secret)}\n`,
    timeoutMs: 15_000,
    tries: 2,
    signal,
  });
  if (exitCode !== 0) {
    throw new UnreachableError(
      `The proxy's control API cannot be read on ${route.name}: ${said.trim() || `code ${exitCode}`}`,
      'Check that the proxy runs there and that its control API listens where the configuration says',
    );
  }
  const text = output.toString('utf8');
  const end = text.indexOf('\n');
  return { status: Number(text.slice(0, end)), body: text.slice(end + 1) };
}
