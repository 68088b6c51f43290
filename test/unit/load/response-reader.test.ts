import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, ResponseReader } from '../../../src/load/response-reader.ts';
import { randomFrom, upTo } from '../../support/random-from.ts';

interface Reading {
  readonly state: boolean | string;
  readonly end: string;
  readonly status: number;
  readonly keeps: boolean;
}

/** Feeds the parts through one buffer that is written over each time, as sockets do. */
function read(parts: readonly string[], { toHead = false } = {}): Reading {
  const reader = new ResponseReader({ toHead });
  const shared = Buffer.alloc(64 * 1024);
  reader.begin();
  let state: boolean | string = false;
  for (const part of parts) {
    shared.fill(0x58);
    state = reader.feed(shared.subarray(0, shared.write(part, 'latin1')));
    if (typeof state === 'string') break;
  }
  return { state, end: reader.end(), status: reader.status, keeps: reader.keepsConnection };
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n4;name=value\r\nwiki\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n`;

const WHOLE: readonly (readonly [name: string, text: string, status: number, keeps: boolean])[] = [
  ['a length', `${OK}Content-Length: 3\r\n\r\nabc`, 200, true],
  ['a length of zero', `${OK}Content-Length: 0\r\n\r\n`, 200, true],
  ['the same length twice', `${OK}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 200, true],
  ['a line break within its body', `${OK}Content-Length: 4\r\n\r\n\r\n\r\n`, 200, true],
  ['chunks', CHUNKED, 200, true],
  ['the wish to close', `${OK}Content-Length: 0\r\nConnection: Close\r\n\r\n`, 200, false],
  ['a list of wishes', `${OK}Content-Length: 0\r\nConnection: foo, close\r\n\r\n`, 200, false],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', 200, false],
  ['HTTP/1.0 kept alive', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx', 200, true],
  ['no reason', 'HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n', 503, true],
  ['no body by its status', 'HTTP/1.1 204 No Content\r\n\r\n', 204, true],
  ['no body although it has a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 304, true],
  ['another before it', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`, 200, true],
];

const MALFORMED: readonly (readonly [name: string, text: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status that is none', 'HTTP/1.1 600 OK\r\n\r\n'],
  ['a header without a colon', `${OK}Content-Length\r\n\r\n`],
  ['a space before the colon', `${OK}Content-Length : 3\r\n\r\nabc`],
  ['a folded header', `${OK}X: a\r\n b\r\n\r\n`],
  ['a bare line feed', `${OK}X: a\nContent-Length: 3\r\n\r\nabc`],
  ['a zero byte', `${OK}X: \0\r\n\r\n`],
  ['a signed length', `${OK}Content-Length: +3\r\n\r\nabc`],
  ['a length beyond numbers', `${OK}Content-Length: 99999999999999999999\r\n\r\n`],
  ['two lengths', `${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
  ['length and chunks', `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a coding nobody asked for', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
  ['a chunk longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`],
  ['a chunk line without its return', `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`],
  ['endless chunk extensions', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(9_000)}`],
  ['bytes after the answer', `${OK}Content-Length: 3\r\n\r\nabcd`],
  ['bytes after the chunks', `${CHUNKED}x`],
  ['another protocol, politely', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['an endless head', `${OK}X: ${'a'.repeat(MAX_HEAD_BYTES)}`],
  ['a head that ends too late', `${OK}X: ${'a'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`],
];

describe('an answer', () => {
  it.each(WHOLE)('with %s is whole, wherever it is cut', (_name, text, status, keeps) => {
    expect(read([text])).toEqual({ state: true, end: 'whole', status, keeps });
    for (let at = 1; at < text.length; at++) {
      expect(read([text.slice(0, at)])).toMatchObject({ state: false, end: 'short' });
      expect(read([text.slice(0, at), text.slice(at)])).toEqual({ state: true, end: 'whole', status, keeps });
    }
    expect(read([...text])).toEqual({ state: true, end: 'whole', status, keeps });
  });

  it.each(MALFORMED)('with %s is refused, also byte by byte', (_name, text) => {
    expect(read([text]).state).toBeTypeOf('string');
    expect(read([...text]).state).toBeTypeOf('string');
  });

  it('without a length ends with its connection', () => {
    const reading = read([`${OK}\r\nabc`]);
    expect(reading).toEqual({ state: false, end: 'whole', status: 200, keeps: false });
  });

  it('to HEAD has no body, whatever its head says', () => {
    expect(read([`${OK}Content-Length: 3\r\n\r\n`], { toHead: true }).state).toBe(true);
    expect(read([`${OK}Transfer-Encoding: chunked\r\n\r\n`], { toHead: true }).state).toBe(true);
  });

  it('that never began is told from one that was cut', () => {
    expect(read([]).end).toBe('empty');
    expect(read(['H']).end).toBe('short');
  });

  it('can be any bytes without more harm than being refused', () => {
    const random = randomFrom(5);
    const texts = [...WHOLE.map(([, text]) => text), ...MALFORMED.map(([, text]) => text)];
    for (let round = 0; round < 20_000; round++) {
      const text = [...(texts[upTo(random, texts.length - 1)] ?? '')];
      const changes = upTo(random, 3);
      for (let change = 0; change <= changes; change++)
        text.splice(upTo(random, text.length), upTo(random, 2), String.fromCharCode(upTo(random, 255)));
      const whole = text.join('').slice(0, 60_000);
      const cut = upTo(random, whole.length);
      const state = read([whole.slice(0, cut), whole.slice(cut)].filter((part) => part !== '')).state;
      // However its bytes come, the same answer is read in the same way.
      expect(typeof state).toBe(typeof read([whole]).state);
    }
  });
});
