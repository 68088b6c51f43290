// Digests that tell whether two runs did the same thing, and names made from them.
import { createHash } from 'node:crypto';

/** SHA-256 of a value's JSON, in hex. The caller's key order counts, so build the value by the same code each time. */
export function specDigest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

const MAX_PROFILE_CHARACTERS = 14;
const MAX_RUN_CHARACTERS = 38;
const DIGEST_CHARACTERS = 8;

/**
 * Name of a run's Job: `<profile>-<run>-<digest>`, at most 62 characters, lower-case. A run's id that is too long is cut
 * and told apart by its own digest.
 */
export function jobNameFor(input: {
  readonly profile: string;
  readonly runId: string;
  readonly specHash: string;
}): string {
  const profile = trimDashes(input.profile.toLowerCase().slice(0, MAX_PROFILE_CHARACTERS));
  const cut = `${trimDashes(input.runId.slice(0, MAX_RUN_CHARACTERS - DIGEST_CHARACTERS - 1))}-${specDigest(input.runId).slice(0, DIGEST_CHARACTERS)}`;
  const run = input.runId.length <= MAX_RUN_CHARACTERS ? input.runId : cut;
  return `${profile}-${run}-${input.specHash.slice(0, DIGEST_CHARACTERS)}`;
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}
