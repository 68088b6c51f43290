// Ids of runs and fleets: short, sorted by time, fit for a Kubernetes label and for an object's name.
import { randomInt } from 'node:crypto';

const RANDOM_LENGTH = 4;
const DIGITS = 36;

/**
 * A new id of 12 lower-case letters and digits: the moment in milliseconds, then chance. Until the year 2059 the moment
 * takes eight places in base 36 and begins with a letter.
 */
export function newRunId({ atMs = Date.now() }: { readonly atMs?: number } = {}): string {
  const chance = randomInt(DIGITS ** RANDOM_LENGTH)
    .toString(DIGITS)
    .padStart(RANDOM_LENGTH, '0');
  return `${atMs.toString(DIGITS)}${chance}`;
}
