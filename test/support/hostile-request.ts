// Makes whole requests, request line to body, that try to get through a metadata proxy as something else than they seem.
import { hostileTarget } from './hostile-metadata-target.ts';
import type { Random } from './random-from.ts';
import { upTo } from './random-from.ts';

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'get',
  'FOO',
  'G\tT',
  '',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 ',
  '',
];
const KUBE_ENV = '/computeMetadata/v1/instance/attributes/kube-env';
const SMUGGLED = `GET ${KUBE_ENV} HTTP/1.1\r\nHost: metadata.google.internal\r\nMetadata-Flavor: Google\r\n\r\n`;

const HOSTS = [
  'metadata.google.internal',
  'metadata.google.internal',
  '169.254.169.254',
  `x${KUBE_ENV}?`,
  `x${KUBE_ENV}#`,
  'x?recursive=true&',
  'user:pass@x',
  '[::1]:80',
  'x:99999',
  'a b',
  '..',
  '',
  '\x00',
  '\xff',
];

const HEADERS = [
  'X-Forwarded-For: 10.0.0.1',
  'x-forwarded-for:',
  'X-FORWARDED-FOR : 10.0.0.1',
  'X-Forwarded-For\t: 10.0.0.1',
  ' X-Forwarded-For: 10.0.0.1',
  'X_Forwarded_For: 10.0.0.1',
  'X-Any: 1\r\n X-Forwarded-For: 10.0.0.1',
  'X-Any: 1\rX-Forwarded-For: 10.0.0.1',
  'X-Any: 1\nX-Forwarded-For: 10.0.0.1',
  'X-Any: 1\x00X-Forwarded-For: 10.0.0.1',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: X-Forwarded-For',
  'Connection: Host, Metadata-Flavor, Content-Length',
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Expect: nothing',
  'TE: trailers',
  'Trailer: X-Forwarded-For',
  'Accept: text/plain',
  'Accept-Encoding: gzip, br',
  'User-Agent: fuzz',
  'Metadata-Flavor: Google',
  'Metadata-Flavor: ',
  'X-Google-Metadata-Request: True',
  'Authorization: Bearer abc',
  'Cookie: a=b',
  'Range: bytes=0-1',
  'If-None-Match: "a"',
  `X-Original-URL: ${KUBE_ENV}`,
  `X-Rewrite-URL: ${KUBE_ENV}`,
  'X-HTTP-Method-Override: GET',
  ': no name',
  'no colon',
  '\x80: \xff',
  'X-Empty:',
];

/** How a body is told of, or is not, or is told of in two ways. */
const FRAMINGS: readonly ((body: string) => { readonly headers: readonly string[]; readonly bytes: string })[] = [
  (body) => ({ headers: [`Content-Length: ${body.length}`], bytes: body }),
  (body) => ({ headers: ['Transfer-Encoding: chunked'], bytes: chunked(body) }),
  (body) => ({
    headers: ['Transfer-Encoding: chunked'],
    bytes: `${chunked(body).slice(0, -2)}X-Forwarded-For: 1\r\n\r\n`,
  }),
  (body) => ({ headers: ['Transfer-Encoding: chunked', `Content-Length: ${body.length}`], bytes: chunked(body) }),
  (body) => ({ headers: ['Content-Length: 0', 'Transfer-Encoding: chunked'], bytes: chunked(body) }),
  (body) => ({ headers: ['Content-Length: 0'], bytes: body }),
  (body) => ({ headers: ['Content-Length: 0', `Content-Length: ${body.length}`], bytes: body }),
  (body) => ({ headers: [`Content-Length: +${body.length}`], bytes: body }),
  (body) => ({ headers: ['Content-Length: -1'], bytes: body }),
  (body) => ({ headers: [`Content-Length: ${body.length}, ${body.length}`], bytes: body }),
  (body) => ({ headers: [`Content-Length: 0x${body.length.toString(16)}`], bytes: body }),
  (body) => ({ headers: ['Transfer-Encoding: xchunked'], bytes: body }),
  (body) => ({ headers: ['Transfer-Encoding: identity'], bytes: body }),
  (body) => ({ headers: ['Transfer-Encoding: chunked, identity'], bytes: chunked(body) }),
  (body) => ({ headers: ['Transfer-Encoding: gzip, chunked'], bytes: chunked(body) }),
  (body) => ({ headers: ['Transfer-Encoding : chunked'], bytes: chunked(body) }),
  (body) => ({ headers: ['Transfer-Encoding:\tchunked'], bytes: chunked(body) }),
  (body) => ({
    headers: ['Transfer-Encoding: chunked'],
    bytes: `${body.length.toString(16)};ext="\r\n"\r\n${body}\r\n0\r\n\r\n`,
  }),
  (body) => ({ headers: ['Transfer-Encoding: chunked'], bytes: `${body.length.toString(16)}\n${body}\n0\n\n` }),
  (body) => ({ headers: ['Transfer-Encoding: chunked'], bytes: `ffffffffffffffff0\r\n${body}\r\n0\r\n\r\n` }),
  (body) => ({ headers: ['Connection: Content-Length', `Content-Length: ${body.length}`], bytes: body }),
  (body) => ({ headers: [], bytes: body }),
];

function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** One request; mostly one that a server reads as such, now and then with something wrong in every part of it. */
export function hostileRequest(random: Random): Buffer {
  const target = hostileTarget(random);
  const method = random() < 0.6 ? 'GET' : one(random, METHODS);
  const version = random() < 0.8 ? 'HTTP/1.1' : one(random, VERSIONS);
  const host = random() < 0.75 ? 'metadata.google.internal' : one(random, HOSTS);
  const headers = [`Host: ${host}`, 'Metadata-Flavor: Google'];
  for (let left = random() < 0.6 ? 0 : upTo(random, 4); left > 0; left -= 1) {
    headers.splice(upTo(random, headers.length), 0, one(random, HEADERS));
  }
  let body = '';
  if (random() < 0.15) {
    const framed = one(random, FRAMINGS)(one(random, [SMUGGLED, SMUGGLED, 'a=1', '', `\r\n${SMUGGLED}`]));
    headers.splice(upTo(random, headers.length), 0, ...framed.headers);
    body = framed.bytes;
  }
  const end = random() < 0.97 ? '\r\n' : one(random, ['\n', '\r', '\r\r\n', '\n\r', '\x0b\r\n']);
  if (random() < 0.01) headers.push(`X-Long: ${'a'.repeat(upTo(random, 20_000))}`);
  let text = `${[`${method} ${target} ${version}`, ...headers].join(end)}${end}${end}${body}`;
  if (random() < 0.05) text = replaceAt(text, upTo(random, text.length - 1), String.fromCharCode(upTo(random, 255)));
  if (random() < 0.02) text = text.slice(0, upTo(random, text.length));
  // What is beyond one byte is written as UTF-8, as a careless client does, or cut to one.
  return Buffer.from(text, random() < 0.5 ? 'utf8' : 'latin1');
}

function replaceAt(text: string, at: number, by: string): string {
  return `${text.slice(0, at)}${by}${text.slice(at + 1)}`;
}

function one<T>(random: Random, from: readonly T[]): T {
  const chosen = from[upTo(random, from.length - 1)];
  if (chosen === undefined) throw new RangeError('nothing to choose from');
  return chosen;
}
