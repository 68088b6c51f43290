// One transition under the name by which a cursor remembers it: `2s`, `2f`, `0p`, `0P2`, `J`.
import type { Transition } from '../../evidence/transition.ts';

/**
 * Stage by its place, then what happened: `s` started, `f` finished, `x` failed; of a pull `p` begun, `P` done,
 * `X` failed, with a number from the second pull on. `J` is the Job as a whole.
 */
export interface HistoryEntry {
  readonly key: string;
  readonly transition: Transition;
}

/** The stage of all pulls of images. */
export const IMAGE_PULL = 'image-pull';
export const JOB_KEY = 'J';

export type KeyCode = 's' | 'f' | 'x' | 'p' | 'P' | 'X';

export function keyOf(input: { readonly index: number; readonly code: KeyCode; readonly ordinal?: number }): string {
  const { index, code, ordinal = 1 } = input;
  return `${index}${code}${ordinal > 1 ? ordinal : ''}`;
}

const KEY = /^(\d{1,2})([sfxpPX])(\d?)$/;

/** Null for a key of the whole Job, and for what is no key. */
export function readKey(
  key: string,
): { readonly index: number; readonly code: KeyCode; readonly ordinal: number } | null {
  const match = KEY.exec(key);
  if (match === null) return null;
  const [, index = '', code = '', ordinal = ''] = match;
  return { index: Number(index), code: code as KeyCode, ordinal: ordinal === '' ? 1 : Number(ordinal) };
}

/** Equal for two keys that tell of the same thing: a stage, or a pull, ends once, well or not. */
export function sameThing(key: string): string {
  return key.replace('x', 'f').replace('X', 'P');
}

/** Those that tell of a beginning whose end is not among them. */
export function openKeys(keys: readonly string[]): readonly string[] {
  const told = new Set(keys.map(sameThing));
  return keys.filter((key) => /[sp]/.test(key) && !told.has(endKey({ key, passed: true })));
}

/** The key of the end of what one of `openKeys` began. */
export function endKey(input: { readonly key: string; readonly passed: boolean }): string {
  const { key, passed } = input;
  return key.replace('s', passed ? 'f' : 'x').replace('p', passed ? 'P' : 'X');
}
