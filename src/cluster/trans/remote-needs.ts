// What a machine behind a route must have, checked in one place before anything else is asked of it.
import { UnreachableError } from '../../errors/errors.ts';
import { remoteScript } from './remote-script.ts';
import type { Route } from './route.ts';

const END = 'proxybench-needs-end';

/** Programs that the far side lacks; empty when it has all. @throws UnreachableError when it does not answer */
export async function missingThere(input: {
  readonly route: Route;
  readonly signal?: AbortSignal;
}): Promise<readonly string[]> {
  const { route, signal } = input;
  const { output, errorTail, ended, exit } = await route.callBare({
    purpose: 'see what the machine has',
    script: remoteScript('kubectl', 'needs'),
    args: [],
    maxBytes: 64 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  const lines = output.toString('utf8').trim().split(/\r?\n/);
  if (lines.pop() !== END) {
    const said = errorTail.trim().slice(-300);
    const why = ended === 'by-itself' ? `code ${String(exit.code)}${said === '' ? '' : `: ${said}`}` : `a ${ended}`;
    throw new UnreachableError(
      `Route ${route.name} does not answer: trans ended with ${why}`,
      `Try \`trans ${route.name} sh -- true\` where the worker runs`,
    );
  }
  return lines;
}

/** @throws UnreachableError that names what is missing */
export async function requireNeeds(input: { readonly route: Route; readonly signal?: AbortSignal }): Promise<void> {
  const missing = await missingThere(input);
  if (missing.length === 0) return;
  throw new UnreachableError(
    `The machine behind route ${input.route.name} lacks ${missing.join(', ')}`,
    'Install it there, on the PATH of whoever `trans` logs in as',
  );
}
