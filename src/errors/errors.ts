// The kinds of failure the program tells apart: bad input, a place that cannot be reached, a broken environment.
// A failed stage or a missed target is none of these: it is a verdict (see src/evidence).

/** One fault in what a user wrote. */
export interface Problem {
  /** The file it stands in, as the user would open it; absent for a command-line flag. */
  readonly file?: string;
  /** Where in that file or command line: `targets.local.reach`, `--targets`. */
  readonly path: string;
  /** What was found there, shown as written; absent when the field itself is missing. */
  readonly value?: unknown;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly hint: string;
}

/** Thrown when what a user wrote cannot be used. Carries every problem found, never just the first. Never retried. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** Thrown when a target, its proxy or the Temporal service does not answer. Retried where a retry can help. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** What to do next, in one sentence. */
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Thrown when the environment broke in a way the program cannot mend: a vanished supervisor, a full disk. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
}

/** A problem as one line: `file: path: message (got value). Hint.` */
export function formatProblem(problem: Problem): string {
  const where = problem.file === undefined ? problem.path : `${problem.file}: ${problem.path}`;
  const got = problem.value === undefined ? '' : ` (got ${shownValue(problem.value)})`;
  return `${where}: ${problem.message}${got}. ${problem.hint}`;
}

const SHOWN_VALUE_LIMIT = 120;

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_VALUE_LIMIT ? `${text.slice(0, SHOWN_VALUE_LIMIT)}…` : text;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
