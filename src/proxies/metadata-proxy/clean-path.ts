// Brings a path into the one form that is judged and sent upstream: nothing in it can be read in a second way.
import { decodeOnce } from './decode-once.ts';

const ENCODED_SLASH = /%2f/i;

/**
 * What no server decodes, cuts off or splits at: no percent sign, backslash, `;`, `?`, `#`, space, control character, and
 * nothing beyond ASCII, which some servers fold into it.
 */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*)?$/;

/**
 * The path decoded, with `//` collapsed, `.` and `..` resolved, and a trailing slash kept; an empty path stays empty.
 * Null where it is not absolute, has an encoded slash, or does not decode to plain characters. What is returned means
 * itself: decoding and cleaning it once more, or any number of times, changes nothing.
 */
export function cleanPath(raw: string): string | null {
  if (ENCODED_SLASH.test(raw)) return null;
  const decoded = decodeOnce(raw);
  if (decoded === null || !PLAIN_PATH.test(decoded)) return null;
  return decoded.includes('//') || decoded.includes('/.') ? resolveSegments(decoded) : decoded;
}

function resolveSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  if (kept.length === 0) return '/';
  return `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`;
}
