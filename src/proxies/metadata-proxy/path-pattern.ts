// Matches cleaned paths against anchored globs, without copying and in time proportional to both.
import type { PathPattern } from './filter-rules.ts';

const ANY_SEGMENTS = '**';
const ONE_SEGMENT = '*';

/** A pattern taken apart, once for all the paths that it is held against. */
export type PreparedPattern = readonly string[];

/** Takes patterns apart. With `eitherSlash` they mean the same with and without a trailing slash. */
export function preparePatterns(input: {
  readonly patterns: readonly PathPattern[];
  readonly eitherSlash: boolean;
}): readonly PreparedPattern[] {
  const { patterns, eitherSlash } = input;
  return patterns.map((pattern) => segmentsOf(eitherSlash ? withoutSlash(pattern) : pattern));
}

/** The path without its trailing slash. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Whether any of the patterns fits the whole of a cleaned path. */
export function matchesAny(input: { readonly patterns: readonly PreparedPattern[]; readonly path: string }): boolean {
  const { patterns, path } = input;
  for (const pattern of patterns) if (matches(pattern, path)) return true;
  return false;
}

/** Each segment follows a slash; the empty path has none, and `/` has one, which is empty. */
function segmentsOf(pattern: PathPattern): PreparedPattern {
  return pattern.split('/').slice(1);
}

/** `at` is where the path's next segment has its slash. Only the last `**` is ever tried again: it can make up for all. */
function matches(pattern: PreparedPattern, path: string): boolean {
  let at = 0;
  let next = 0;
  let retryAt = 0;
  let retryNext = -1;
  for (;;) {
    const wanted = pattern[next];
    if (wanted === ANY_SEGMENTS) {
      next += 1;
      retryAt = at;
      retryNext = next;
      continue;
    }
    if (wanted === undefined) {
      if (at === path.length) return true;
    } else if (at < path.length) {
      const end = segmentEnd(path, at);
      if (wanted === ONE_SEGMENT ? end > at + 1 : end === at + 1 + wanted.length && path.startsWith(wanted, at + 1)) {
        at = end;
        next += 1;
        continue;
      }
    }
    if (retryNext === -1 || retryAt === path.length) return false;
    retryAt = segmentEnd(path, retryAt);
    at = retryAt;
    next = retryNext;
  }
}

/** Where the segment ends whose slash stands at `at`. */
function segmentEnd(path: string, at: number): number {
  const end = path.indexOf('/', at + 1);
  return end === -1 ? path.length : end;
}
