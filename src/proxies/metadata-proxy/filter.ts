// Decides which requests may reach the metadata server, and in which words the others are refused.
import { cleanPath } from './clean-path.ts';
import type { FilterRules } from './filter-rules.ts';
import type { PreparedPattern } from './path-pattern.ts';
import { matchesAny, preparePatterns, withoutSlash } from './path-pattern.ts';
import { queryKeysOf } from './query-keys.ts';

/** Clients know these texts from the proxy that this one takes the place of. */
export const REFUSALS = {
  forwarded: 'Calls with X-Forwarded-For header are not allowed by the metadata proxy',
  unsafe: 'Metadata proxy could not safely parse request',
  recursive: 'This metadata endpoint is concealed for ?recursive calls',
  concealed: 'This metadata endpoint is concealed',
  unknown: 'This metadata API is not allowed by the metadata proxy',
} as const;

/** What became of a request. */
export type Judgement =
  | {
      readonly allowed: true;
      /** Cleaned; empty for `http://host`. */
      readonly path: string;
      /** As it was written, without its question mark. */
      readonly query: string;
      /** The request target to send upstream, and the only one that was judged. */
      readonly forward: string;
      /** The key `recursive` is there, whatever its value. */
      readonly recursive: boolean;
      /** The key `wait_for_change` is there, whatever its value: the answer may take as long as it likes. */
      readonly waitForChange: boolean;
    }
  | { readonly allowed: false; readonly reason: string };

/**
 * Judges one request; the first rule that it fails names the reason. Pure, and never throws.
 * `target` is the request target as it stands in the request line, one character per byte, or the `http://` URL that a
 * server has made of it; `headerNames` in any case. Only `forward` may be sent on, whatever the target was.
 */
export function judgeRequest(input: {
  readonly rules: FilterRules;
  readonly target: string;
  readonly headerNames: readonly string[];
}): Judgement {
  const { rules, target, headerNames } = input;
  if (isForwarded(headerNames)) return FORWARDED;

  const pathAt = pathStart(target);
  if (pathAt === -1) return UNSAFE;
  const queryAt = target.indexOf('?', pathAt);
  const path = cleanPath(queryAt === -1 ? target.slice(pathAt) : target.slice(pathAt, queryAt));
  const query = queryAt === -1 ? '' : target.slice(queryAt + 1);
  const keys = query === '' ? NO_KEYS : queryKeysOf(query);
  if (path === null || keys === null) return UNSAFE;

  for (const key of keys) if (!rules.queryKeys.includes(key)) return unknownKey(key);

  const { recursivePaths, concealedPaths } = preparedRules(rules);
  const recursive = keys.includes('recursive');
  if (recursive && !matchesAny({ patterns: recursivePaths, path })) return RECURSIVE;
  if (matchesAny({ patterns: concealedPaths, path: withoutSlash(path).toLowerCase() })) return CONCEALED;
  if (!rules.discovery.includes(path) && !startsWithAny(rules.prefixes, path)) return UNKNOWN;

  const forward = `${path === '' ? '/' : path}${query === '' ? '' : `?${query}`}`;
  return { allowed: true, path, query, forward, recursive, waitForChange: keys.includes('wait_for_change') };
}

const NO_KEYS: readonly string[] = [];

const FORWARDED = refused(REFUSALS.forwarded);
const UNSAFE = refused(REFUSALS.unsafe);
const RECURSIVE = refused(REFUSALS.recursive);
const CONCEALED = refused(REFUSALS.concealed);
const UNKNOWN = refused(REFUSALS.unknown);

function refused(reason: string): Judgement {
  return { allowed: false, reason };
}

/** A longer key is cut, so that nobody makes the proxy write at length. */
const LONGEST_SHOWN_KEY = 256;

function unknownKey(key: string): Judgement {
  return refused(`Unrecognized query parameter key: \`${key.slice(0, LONGEST_SHOWN_KEY)}\``);
}

const FORWARDED_FOR = 'x-forwarded-for';

function isForwarded(headerNames: readonly string[]): boolean {
  for (const name of headerNames) {
    // Longer for whoever leaves white space around it.
    if (name.length >= FORWARDED_FOR.length && name.trim().toLowerCase() === FORWARDED_FOR) return true;
  }
  return false;
}

/**
 * Scheme and authority of an absolute target: a plain host or address, perhaps a port, no user, nothing encoded. What
 * follows is refused unless it can be a path.
 */
const ABSOLUTE = /^http:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/i;

/** Where the path of a target begins; -1 for a target that is neither a path nor absolute. */
function pathStart(target: string): number {
  if (target === '' || target.startsWith('/')) return 0;
  return ABSOLUTE.exec(target)?.[0].length ?? -1;
}

interface PreparedRules {
  readonly recursivePaths: readonly PreparedPattern[];
  readonly concealedPaths: readonly PreparedPattern[];
}

const prepared = new WeakMap<FilterRules, PreparedRules>();

/** Rules are few and requests are many, so each rule is taken apart once. */
function preparedRules(rules: FilterRules): PreparedRules {
  const known = prepared.get(rules);
  if (known !== undefined) return known;
  const concealed = rules.concealed.map((pattern) => pattern.toLowerCase());
  const made = {
    recursivePaths: preparePatterns({ patterns: rules.recursive, eitherSlash: false }),
    concealedPaths: preparePatterns({ patterns: concealed, eitherSlash: true }),
  };
  prepared.set(rules, made);
  return made;
}

function startsWithAny(prefixes: readonly string[], path: string): boolean {
  for (const prefix of prefixes) if (path.startsWith(prefix)) return true;
  return false;
}
