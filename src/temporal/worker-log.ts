// The worker's log: a line for each thing that somebody may have to act on, and a stack only where nobody foresaw it.
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { messageOf } from '../errors/errors.ts';
import { INVALID_INPUT, UNREACHABLE } from '../errors/failure-types.ts';

/** Their messages say what is wrong and what to do: where in the program they were thrown helps nobody. */
const FORESEEN: readonly unknown[] = [INVALID_INPUT, UNREACHABLE];

/** As the SDK hands it over. */
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly timestampNanos: bigint;
  readonly meta?: Meta;
}

type Meta = Readonly<Record<string | symbol, unknown>>;

/** `2026-01-01T00:00:00.000Z WARN Activity failed: poll of proxybench-run-one, attempt 2: <message>`. */
export function logLine({ level, message, meta = {}, timestampNanos }: LogEntry): string {
  const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const parts = [message, subjectOf(meta), errorOf(meta['error'])].filter((part) => part !== '');
  return `${at} ${level} ${parts.join(': ')}`;
}

function subjectOf({ activityType, workflowType, workflowId, attempt, error: _, ...rest }: Meta): string {
  // Of anything else the SDK says by itself what it is about.
  if (workflowId === undefined) return Object.keys(rest).length === 0 ? '' : inspect(rest, { breakLength: Infinity });
  const subject = `${activityType ?? workflowType ?? 'a task'} of ${workflowId}`;
  return attempt === undefined ? subject : `${subject}, attempt ${attempt}`;
}

function errorOf(error: unknown): string {
  if (error === undefined) return '';
  const failure = error instanceof Error && !(error instanceof ApplicationFailure) ? (error.cause ?? error) : error;
  if (failure instanceof ApplicationFailure && FORESEEN.includes(failure.type)) return messageOf(failure);
  return error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error);
}
