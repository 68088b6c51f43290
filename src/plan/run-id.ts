// What a run may be called: its id becomes a label, part of an object's name, and a directory.
import type { Problem } from '../errors/errors.ts';

const RUN_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower-case letters, digits and inner dashes, 1 to 63 of them: what Kubernetes takes as a label. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** What is said of a text that is none. */
export function runIdProblem(value: string): Problem {
  return {
    path: 'runId',
    value,
    message: 'is not a run id',
    hint: 'Use lower-case letters, digits and inner dashes, at most 63',
  };
}
