// How one finding of `doctor` is made, and how looking for it is kept within its time.
import { InvalidInputError, UnreachableError, messageOf } from '../../errors/errors.ts';
import type { Check } from '../cluster.ts';

/** What was found to be well. */
export function well(input: { readonly name: string; readonly detail: string }): Check {
  return { ...input, ok: true, hint: '' };
}

/** What is wrong, and how to mend it. `advisory`: runs go on without it and know less. */
export function wrong(input: {
  readonly name: string;
  readonly detail: string;
  readonly hint: string;
  readonly advisory?: boolean;
}): Check {
  const { name, detail, hint, advisory = false } = input;
  return { name, ok: false, detail, hint, ...(advisory ? { advisory: true } : {}) };
}

/** An error as a failed check. */
export function wrongBy(input: { readonly name: string; readonly thrown: unknown; readonly hint: string }): Check {
  const { name, thrown } = input;
  if (thrown instanceof UnreachableError) return wrong({ name, detail: thrown.message, hint: thrown.hint });
  if (thrown instanceof InvalidInputError) {
    const [problem] = thrown.problems;
    if (problem !== undefined) {
      const { path, message, value, hint } = problem;
      const got = typeof value === 'string' ? ` (got ${value})` : '';
      return wrong({ name, detail: `${path.split('.').at(-1) ?? path}: ${message}${got}`, hint });
    }
  }
  return wrong({ name, detail: messageOf(thrown), hint: input.hint });
}

/**
 * Looks for `withinMs` at the most: whoever hangs is told as a failed check and keeps nobody waiting.
 * @throws what `signal` aborts with, and nothing else
 */
export async function timedChecks(input: {
  readonly name: string;
  readonly withinMs: number;
  /** How to mend what fails without saying so itself. */
  readonly hint: string;
  readonly signal: AbortSignal;
  readonly look: (signal: AbortSignal) => Promise<readonly Check[]>;
}): Promise<readonly Check[]> {
  const { name, withinMs, hint, signal, look } = input;
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(withinMs);
  const bounded = AbortSignal.any([signal, limit]);
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(bounded.reason);
  bounded.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([look(bounded), over]);
  } catch (thrown) {
    signal.throwIfAborted();
    if (limit.aborted) return [wrong({ name, detail: `no answer within ${Math.round(withinMs / 1000)} s`, hint })];
    return [wrongBy({ name, thrown, hint })];
  } finally {
    bounded.removeEventListener('abort', onAbort);
  }
}
