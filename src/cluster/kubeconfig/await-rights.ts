// Rights that are missing may yet come: a server that has just been started does not know yet who may do what.
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiStatus, lacksRights } from './api-error.ts';

const PATIENCE_MS = 15_000;
/** Between two tries. */
const EVERY_MS = 500;

/**
 * For one request: resolves with true, after a pause, when it is to be made again for this answer; else at once with false.
 * `patienceMs`: from now on; default 15,000.
 */
export function awaitRights(input: {
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}): (answer: { readonly code: number; readonly status: ApiStatus }) => Promise<boolean> {
  const { patienceMs = PATIENCE_MS, signal } = input;
  const untilMs = Date.now() + patienceMs;
  return async ({ code, status }) => {
    if (code !== 403 || !lacksRights(status) || Date.now() >= untilMs) return false;
    await delay(EVERY_MS, undefined, signal === undefined ? {} : { signal });
    return true;
  };
}
