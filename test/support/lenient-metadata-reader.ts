// Reads a request target in every way that some careless metadata server might, to find out what it could be made to show.
// Shares nothing with the filter on purpose: neither code nor rules.

/** What a target could be taken for. */
export interface Leak {
  readonly kind: 'concealed' | 'recursive';
  /** The path, as the server that shows it would read it. */
  readonly path: string;
}

const BASE = '/(?:0\\.1/meta-data|computeMetadata/v1beta1/instance|computeMetadata/v1/instance)';
const CONCEALED = new RegExp(`^${BASE}/(?:attributes/kube-env|service-accounts/[^/]+/identity)(?:/|$)`);
const MAY_BE_RECURSIVE = new RegExp(`^${BASE}/service-accounts/[^/]+/$`);

/** More rounds of decoding than anybody does. */
const ROUNDS = 5;

/** The first thing that the target shows and should not; null where it is harmless however it is read. */
export function leakOf(target: string): Leak | null {
  for (const text of readingsOf(target)) {
    const mark = text.indexOf('?');
    const recursive = mark !== -1 && keysOf(text.slice(mark + 1)).has('recursive');
    for (const path of pathsOf(mark === -1 ? text : text.slice(0, mark))) {
      if (CONCEALED.test(path)) return { kind: 'concealed', path };
      if (recursive && !MAY_BE_RECURSIVE.test(path)) return { kind: 'recursive', path };
    }
  }
  return null;
}

/** The text itself and all that comes of decoding it again and again, cut at what may end it, and not. */
function readingsOf(target: string): ReadonlySet<string> {
  const readings = new Set<string>();
  let text = target;
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const folded of [text, text.normalize('NFKC')]) {
      readings.add(folded);
      readings.add((/^[^#\0\r\n]*/.exec(folded) ?? [''])[0]);
    }
    const decoded = decodeLeniently(text);
    if (decoded === text) break;
    text = decoded;
  }
  return readings;
}

/** `%XX` as bytes of UTF-8, overlong or not, `%uXXXX` as a character; what is neither stays. */
function decodeLeniently(text: string): string {
  return text
    .replace(/%u([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/(?:%[0-9a-f]{2})+/gi, (run) => decodeBytes(Buffer.from(run.replaceAll('%', ''), 'hex')));
}

function decodeBytes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    let code = more === 0 ? first : first & (0x3f >> more);
    for (let next = 1; next <= more; next += 1) code = (code << 6) | ((bytes[at + next] ?? 0) & 0x3f);
    text += String.fromCodePoint(Math.min(code, 0x10ffff));
    at += more + 1;
  }
  return text;
}

/** With and without path parameters; backslashes as slashes, slashes collapsed, dot segments resolved. */
function pathsOf(raw: string): readonly string[] {
  const path = raw.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/\\]*/i, '').replaceAll('\\', '/');
  return path.includes(';') ? [resolve(path), resolve(path.replace(/;[^/]*/g, ''))] : [resolve(path)];
}

function resolve(path: string): string {
  const kept: string[] = [];
  let slash = false;
  for (const segment of path.split('/')) {
    slash = segment === '' || segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    else if (!slash) kept.push(segment);
  }
  return `/${kept.join('/')}${slash && kept.length > 0 ? '/' : ''}`;
}

/** Split at `&`, at `;`, and at both; with a plus as a space, and white space taken off. */
function keysOf(query: string): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const separator of [/&/, /;/, /[&;]/]) {
    for (const pair of query.split(separator)) {
      const key = (pair.split('=')[0] ?? '').replaceAll('+', ' ').trim();
      keys.add(key);
      keys.add(decodeLeniently(key).trim());
    }
  }
  return keys;
}
