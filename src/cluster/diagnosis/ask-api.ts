// Questions to an API server as `doctor` puts them: many at once, and an answer to each, whatever became of the others.

/** One call that changes nothing: a read, or a review, which the API server answers and forgets. */
export interface ApiQuestion {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
}

/** The server's answer, a refusal among them; or why there is none. */
export type ApiAnswer = { readonly code: number; readonly body: unknown } | { readonly problem: Error };

/** Answers stand in the order of the questions. @throws UnreachableError when nothing at all can be asked */
export type AskApi = (input: {
  readonly questions: readonly ApiQuestion[];
  readonly signal: AbortSignal;
}) => Promise<readonly ApiAnswer[]>;

/** A read. Names become path segments. */
export function read(input: {
  readonly group: string;
  readonly names: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}): ApiQuestion {
  const query = new URLSearchParams(input.query ?? {}).toString();
  const path = `/${input.group}/${input.names.map(encodeURIComponent).join('/')}`;
  return { method: 'GET', path: query === '' ? path : `${path}?${query}` };
}

/** The object, where the answer is one. */
export function objectOf<T>(answer: ApiAnswer | undefined): T | null {
  return answer !== undefined && 'code' in answer && answer.code < 300 ? (answer.body as T) : null;
}

/** Whether the server refused with this status. */
export function isRefusedWith(answer: ApiAnswer | undefined, code: number): boolean {
  return answer !== undefined && 'code' in answer && answer.code === code;
}

/** Why there is no object, in the server's own words. */
export function reasonOf(answer: ApiAnswer | undefined): string {
  if (answer === undefined) return 'no answer came';
  if ('problem' in answer) return answer.problem.message;
  const said = (answer.body as { readonly message?: string } | null)?.message;
  return said ?? `the API server answered ${answer.code}`;
}
