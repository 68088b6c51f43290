// Finds every key that any server could see in a query, however it splits and decodes.
import { decodeOnce } from './decode-once.ts';

/** Visible ASCII without `#`, at which some would end the query. */
const VISIBLE = /^[!-"$-~]*$/;

const SEPARATOR = /[&;]/;

/**
 * The keys, decoded, in their order, some more than once: those of the query as it is written, and those that it has
 * once it is decoded as a whole, each split at `&` and at `;`. Null where the query is not visible ASCII, or has an
 * escape that does not decode to one printable character for good.
 */
export function queryKeysOf(query: string): readonly string[] | null {
  const decoded = decodeOnce(query);
  if (decoded === null || !VISIBLE.test(query)) return null;
  const keys: string[] = [];
  for (const pair of query.split(SEPARATOR)) {
    // What decodes as a whole decodes in part.
    if (pair !== '') keys.push(decodeOnce(keyOf(pair)) ?? '');
  }
  if (decoded !== query) {
    for (const pair of decoded.split(SEPARATOR)) if (pair !== '') keys.push(keyOf(pair));
  }
  return keys;
}

function keyOf(pair: string): string {
  const end = pair.indexOf('=');
  return end === -1 ? pair : pair.slice(0, end);
}
