// `doctor --transfer`: what is asked for, and waiting for it.
import { Option } from '@commander-js/extra-typings';
import type { Check } from '../activities/contract.ts';
import { InvalidInputError, UnreachableError } from '../errors/errors.ts';
import { TRANSFER_PACKAGE } from '../profiles/transfer-plan.ts';
import { newRunId } from '../temporal/run-ids.ts';
import { abortedBy } from './interrupts.ts';
import type { OpenRuns } from './open-runs.ts';
import type { Session } from './session.ts';

export const transferOptions = {
  transfer: () =>
    new Option(
      '--transfer',
      `make a short-lived Job on the target that downloads ${TRANSFER_PACKAGE} with npm (11.3 MB)`,
    ),
  image: () =>
    new Option(
      '--transfer-image <image>',
      "its image, with sh and npm, or curl or wget (default: that of a profile's npm stage)",
    ),
  url: () => new Option('--transfer-url <url>', 'what to download with curl or wget instead'),
};

/** What `--transfer` asks for; null without it. */
export type Transfer = { readonly image?: string; readonly url?: string } | null;

/** @throws InvalidInputError for options that need one that is not there */
export function transferOf(input: {
  readonly target: string | undefined;
  readonly options: {
    readonly transfer?: boolean | undefined;
    readonly transferImage?: string | undefined;
    readonly transferUrl?: string | undefined;
  };
}): Transfer {
  const { transfer, transferImage: image, transferUrl: url } = input.options;
  const wants = transfer === true || image !== undefined || url !== undefined;
  if (!wants) return null;
  if (input.target === undefined) {
    const hint = 'Name one: proxybench doctor TARGET --transfer';
    throw new InvalidInputError([{ path: '--transfer', message: 'needs a target to transfer through', hint }]);
  }
  return { ...(image === undefined ? {} : { image }), ...(url === undefined ? {} : { url }) };
}

/**
 * Ctrl-C ends the probe first, and with it the Job.
 * @throws UnreachableError, InvalidInputError
 */
export async function probe(input: {
  readonly session: Session;
  readonly runs: OpenRuns['runs'];
  readonly target: string;
  readonly transfer: NonNullable<Transfer>;
}): Promise<{ readonly checks: readonly Check[] }> {
  const { session, runs, target, transfer } = input;
  session.console.note(`making a known transfer on ${target}; Ctrl-C ends it and removes its Job`);
  const { signal, stop } = abortedBy(session.interrupts);
  try {
    return await runs.probeTarget({ request: { target, runId: newRunId(), ...transfer }, signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    throw new UnreachableError('the transfer was given up', 'Its Job is removed; ask again');
  } finally {
    stop();
  }
}
