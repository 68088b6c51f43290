// What the API server refuses, as this program's kinds of failure, each with what to do next.
import { InvalidInputError, UnreachableError, messageOf } from '../../errors/errors.ts';

/** A refusal as the API server words it: the `Status` object. */
export interface ApiStatus {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
}

const RIGHTS_HINT =
  'Give the worker’s user this right in this namespace; deploy/ lists all the rights that it needs, and doctor checks them';

const QUOTA_HINT = 'Make room in the namespace’s ResourceQuota, or ask for less under the profile’s resources';
const ADMISSION_HINT =
  'A rule of the cluster refuses it, whatever the rights; ask whoever keeps its admission policies';

/** Whether the words of a 403 are those of missing rights, which a server that is just starting also tells of itself. */
export function lacksRights(status: ApiStatus): boolean {
  return /\bcannot \S+ (resource|path)\b/.test(status.message ?? '');
}

function hintFor403(status: ApiStatus): string {
  if (lacksRights(status)) return RIGHTS_HINT;
  return /exceeded quota/.test(status.message ?? '') ? QUOTA_HINT : ADMISSION_HINT;
}

/** The error for an answer of 400 or more. `what`: what was asked for, as in `read Job bench/one`. */
export function apiError(input: {
  readonly code: number;
  readonly status: ApiStatus;
  readonly context: string;
  readonly what: string;
}): Error {
  const { code, status, context, what } = input;
  const said = status.message ?? status.reason ?? `status ${code}`;
  switch (code) {
    case 401:
      return new UnreachableError(
        `the cluster of context ${context} refuses the credentials: ${said}`,
        'Renew the credentials in the kubeconfig; they may have expired',
      );
    case 403:
      return refused({
        context,
        message: `the cluster does not allow to ${what}: ${said}`,
        hint: hintFor403(status),
      });
    case 404:
      return refused({
        context,
        message: `there is nothing to ${what}: ${said}`,
        hint: 'Check the namespace and the names in the target’s configuration',
      });
    case 400:
    case 405:
    case 413:
    case 422:
      return refused({
        context,
        message: `the cluster refuses to ${what}: ${said}`,
        hint: 'Look at what would be applied with --dry-run',
      });
    default:
      return new UnreachableError(
        `the cluster of context ${context} could not ${what}: ${said}`,
        code === 409 ? 'Somebody else changed it at the same time; try again' : 'Try again once its API server is well',
      );
  }
}

/** The error for a request that was never answered. */
export function connectionError(input: {
  readonly thrown: unknown;
  readonly context: string;
  readonly server: string;
}): Error {
  const { thrown, context, server } = input;
  if (thrown instanceof UnreachableError || thrown instanceof InvalidInputError) return thrown;
  return new UnreachableError(
    `the API server of context ${context} does not answer at ${server}: ${causeOf(thrown)}`,
    'Check that the cluster runs and that this machine reaches it: kubectl --context with the same name should answer',
    { cause: thrown },
  );
}

function refused(input: { readonly context: string; readonly message: string; readonly hint: string }): Error {
  const { context, message, hint } = input;
  return new InvalidInputError([{ path: 'target.connection.context', value: context, message, hint }]);
}

function causeOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return thrown.errors.map(messageOf).join('; ');
  return thrown instanceof Error && thrown.cause instanceof Error ? messageOf(thrown.cause) : messageOf(thrown);
}
