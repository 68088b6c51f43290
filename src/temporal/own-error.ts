// What the Temporal client throws, as one of the program's own kinds of failure.
import { WorkflowFailedError, WorkflowNotFoundError, isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { InfrastructureError, InvalidInputError, type Problem, UnreachableError, messageOf } from '../errors/errors.ts';
import { INVALID_INPUT, UNREACHABLE } from '../errors/failure-types.ts';

const START_TEMPORAL =
  'Start one (npm run dev, or docker compose -f docker-compose.temporal.yml up), or point TEMPORAL_ADDRESS at yours';

/** gRPC's numbers for what a caller can tell apart. */
const GRPC = { cancelled: 1, deadlineExceeded: 4, notFound: 5, failedPrecondition: 9, unavailable: 14 } as const;

/** Runs a call to Temporal; what it throws becomes InvalidInputError, UnreachableError or InfrastructureError. */
export async function withOwnErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw ownError(thrown);
  }
}

/** The program's own error for one that the Temporal client threw; anything unknown is handed back as it is. */
export function ownError(thrown: unknown): Error {
  if (thrown instanceof WorkflowNotFoundError) {
    return new InvalidInputError([
      {
        path: '--run',
        value: thrown.workflowId,
        message: 'Temporal knows no such run',
        hint: 'See `proxybench list` for the runs it knows; a development server forgets them when it is stopped',
      },
    ]);
  }
  if (thrown instanceof WorkflowFailedError) return failureOfWorkflow(thrown);
  switch (grpcCodeOf(thrown)) {
    case GRPC.unavailable:
    case GRPC.deadlineExceeded:
      return new UnreachableError(`Temporal does not answer: ${messageOf(innermost(thrown))}`, START_TEMPORAL, {
        cause: thrown,
      });
    case GRPC.notFound:
      return new UnreachableError(
        `Temporal refused: ${messageOf(innermost(thrown))}`,
        'Check --namespace or TEMPORAL_NAMESPACE',
        {
          cause: thrown,
        },
      );
    default:
      return thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown });
  }
}

/** Whether a query failed because no worker answered it. */
export function isUnanswered(thrown: unknown): boolean {
  const code = grpcCodeOf(thrown);
  return code === GRPC.deadlineExceeded || code === GRPC.failedPrecondition || code === GRPC.cancelled;
}

/** Why a workflow failed, by the type its activity gave the failure. */
export function failureOfWorkflow(failed: WorkflowFailedError): Error {
  const failure = applicationFailureIn(failed);
  const message = failure?.message ?? messageOf(innermost(failed));
  if (failure?.type === INVALID_INPUT) {
    const problems = failure.details?.[0];
    return new InvalidInputError(Array.isArray(problems) ? (problems as readonly Problem[]) : [asProblem(message)]);
  }
  if (failure?.type === UNREACHABLE) {
    const told = failure.details?.[0];
    return isTold(told)
      ? new UnreachableError(told.message, told.hint, { cause: failed })
      : new UnreachableError(message, 'Look closer with `proxybench doctor TARGET`', { cause: failed });
  }
  return new InfrastructureError(message, { cause: failed });
}

/** What an activity says of a place that does not answer. */
function isTold(value: unknown): value is { readonly message: string; readonly hint: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'hint' in value &&
    typeof value.hint === 'string'
  );
}

function asProblem(message: string): Problem {
  return { path: 'configuration', message, hint: "Mend it in the worker's --config-dir" };
}

function applicationFailureIn(thrown: unknown): ApplicationFailure | null {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) return at;
  }
  return null;
}

function grpcCodeOf(thrown: unknown): number | null {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return null;
}

function innermost(thrown: unknown): unknown {
  let at = thrown;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at;
}
