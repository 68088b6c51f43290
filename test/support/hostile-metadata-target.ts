// Makes request targets that try to get around a metadata proxy's filter, or are nearly harmless, or neither.
import type { Random } from './random-from.ts';
import { upTo } from './random-from.ts';

const BASES = ['/0.1/meta-data', '/computeMetadata/v1beta1/instance', '/computeMetadata/v1/instance'];

const ENDS = [
  '/attributes/kube-env',
  '/attributes/kube-env/',
  '/service-accounts/default/identity',
  '/service-accounts/a@b.example/identity',
  '/service-accounts/default/',
  '/service-accounts/default/token',
  '/service-accounts/',
  '/attributes/',
  '/id',
  '/',
];

const QUERIES = [
  '',
  '',
  '',
  '?recursive=true',
  '?alt=text&recursive=true',
  '?alt=text;recursive=true',
  '?recursive;alt=text',
  '?alt=json',
  '?wait_for_change=true&timeout_sec=10&last_etag=0',
  '?scopes=https://www.example.com/auth/a,b',
];

/** Put anywhere. */
const SCRAPS = [
  ...['/', '//', '/./', '/../', '/x/../', '/..;/', '/.', '/..', ';', ';x=y', ';/', '\\', '..\\', '#', '#x', '?', '??'],
  ...['&', '&amp;', '=', '+', ' ', '\t', '\0', '\r\n', '%', '%%', '%0', '%2', '%u002f', '%u0026', '@', ':', '*', ','],
  ...[
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%2e',
    '%2e%2e',
    '%00',
    '%0a',
    '%09',
    '%20',
    '%23',
    '%26',
    '%3b',
    '%3B',
    '%3d',
    '%3f',
  ],
  ...['%25', '%252f', '%252e%252e', '%2526', '%253b', '%c0%af', '%c0%ae', '%c1%9c', '%e0%80%af', '%f0%80%80%af', '%ff'],
  ...[
    '%ef%bc%8f',
    '%ef%bc%86',
    '\uff0f',
    '\u00e9',
    'recursive',
    'recursive=1',
    ';recursive',
    '&recursive',
    '%26recursive',
  ],
];

type Mutation = (target: string, random: Random) => string;

const MUTATIONS: readonly Mutation[] = [
  encodeOne,
  encodeOne,
  encodeSome,
  (target, random) => insert(target, one(random, SCRAPS), upTo(random, target.length)),
  (target, random) => insert(target, one(random, SCRAPS), upTo(random, target.length)),
  (target, random) => insert(target, one(random, SCRAPS), pathEnd(target)),
  atSlash,
  atSlash,
  atAmpersand,
  flipCase,
  widenOne,
  overlongOne,
  replaceOne,
  (target, random) => target.slice(0, upTo(random, target.length)),
  (target, random) => `${one(random, PREFIXES)}${target}`,
];

const PREFIXES = [
  'http://metadata.google.internal',
  'http://169.254.169.254:80',
  'HTTP://[fd00::1]',
  'http://user@metadata',
  'http:',
  'http:/',
  '/x/..',
  '/..',
  '/.',
  '/',
  '//metadata',
  'metadata:',
  ' ',
];

/** A target of some concealed, recursive or harmless request, changed up to five times. */
export function hostileTarget(random: Random): string {
  let target = `${one(random, BASES)}${one(random, ENDS)}${one(random, QUERIES)}`;
  for (let left = upTo(random, 5); left > 0; left -= 1) target = one(random, MUTATIONS)(target, random);
  return target;
}

function encodeOne(target: string, random: Random): string {
  if (target === '') return target;
  const at = upTo(random, target.length - 1);
  return replace(target, at, escaped(target.charCodeAt(at), random));
}

function encodeSome(target: string, random: Random): string {
  return [...target].map((char) => (random() < 0.2 ? escaped(char.charCodeAt(0), random) : char)).join('');
}

/** Mostly encoded once, in either case, now and then again. */
function escaped(code: number, random: Random): string {
  const hex = (code & 0xff).toString(16).padStart(2, '0');
  const percent = random() < 0.15 ? '%25' : '%';
  return `${percent}${random() < 0.5 ? hex.toUpperCase() : hex}`;
}

function atSlash(target: string, random: Random): string {
  const slash = one(random, [
    '//',
    '/./',
    '/x/../',
    '/%2e/',
    '/x/%2e%2e/',
    '/x/.%2E/',
    '%2f',
    '%5c',
    '\\',
    ';/',
    '/.;/',
    '%252f',
  ]);
  return replaceEvery({ target, char: '/', by: slash, random });
}

function atAmpersand(target: string, random: Random): string {
  const separator = one(random, [';', '%26', '%3B', '&&', '&;', '&amp;', '%2526', '%00&', '&+', '&%20']);
  return replaceEvery({ target, char: '&', by: separator, random });
}

function flipCase(target: string, random: Random): string {
  if (target === '') return target;
  const at = upTo(random, target.length - 1);
  const char = target.charAt(at);
  return replace(target, at, char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());
}

/** A letter's wide form, which folds into it: raw, or as the UTF-8 that it has. */
function widenOne(target: string, random: Random): string {
  const at = upTo(random, Math.max(0, target.length - 1));
  const code = target.charCodeAt(at);
  if (!(code > 0x20 && code < 0x7f)) return target;
  const wide = String.fromCharCode(code + 0xfee0);
  return replace(target, at, random() < 0.3 ? wide : encodeURIComponent(wide));
}

function overlongOne(target: string, random: Random): string {
  const at = upTo(random, Math.max(0, target.length - 1));
  const code = target.charCodeAt(at);
  if (!(code > 0x20 && code < 0x7f)) return target;
  return replace(target, at, `%${(0xc0 | (code >> 6)).toString(16)}%${(0x80 | (code & 0x3f)).toString(16)}`);
}

function replaceOne(target: string, random: Random): string {
  return replace(target, upTo(random, Math.max(0, target.length - 1)), String.fromCharCode(upTo(random, 255)));
}

function replaceEvery(input: {
  readonly target: string;
  readonly char: string;
  readonly by: string;
  readonly random: Random;
}): string {
  const { target, char, by, random } = input;
  return target.split(char).reduce((done, part) => `${done}${random() < 0.3 ? by : char}${part}`);
}

function pathEnd(target: string): number {
  const mark = target.indexOf('?');
  return mark === -1 ? target.length : mark;
}

function insert(target: string, text: string, at: number): string {
  return `${target.slice(0, at)}${text}${target.slice(at)}`;
}

function replace(target: string, at: number, by: string): string {
  return `${target.slice(0, at)}${by}${target.slice(at + 1)}`;
}

function one<T>(random: Random, from: readonly T[]): T {
  const chosen = from[upTo(random, from.length - 1)];
  if (chosen === undefined) throw new RangeError('nothing to choose from');
  return chosen;
}
