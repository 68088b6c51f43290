import { expect, test } from 'vitest';
import { utf8Tail } from '../../../src/cluster/host/utf8-tail.ts';

const euro = Buffer.from('€');

test.each([
  { of: 'a text that fits', bytes: Buffer.from('abc'), maxBytes: 3, text: 'abc', cut: false },
  { of: 'the end of a longer one', bytes: Buffer.from('abcd'), maxBytes: 3, text: 'bcd', cut: true },
  { of: 'no half character at the start', bytes: Buffer.from('a€b'), maxBytes: 3, text: 'b', cut: true },
  {
    of: 'no half character at the end',
    bytes: Buffer.concat([Buffer.from('ab'), euro.subarray(0, 2)]),
    maxBytes: 9,
    text: 'ab',
    cut: false,
  },
  {
    of: 'no half character at either end',
    bytes: Buffer.concat([euro, Buffer.from('bb'), euro.subarray(0, 2)]),
    maxBytes: 5,
    text: 'bb',
    cut: true,
  },
  { of: 'a character of four bytes as a whole', bytes: Buffer.from('x😀y'), maxBytes: 5, text: '😀y', cut: true },
  {
    of: 'broken bytes as signs that count as three',
    bytes: Buffer.alloc(10, 0xff),
    maxBytes: 7,
    text: '\ufffd\ufffd',
    cut: true,
  },
  { of: 'a leading byte order mark as it is', bytes: Buffer.from('\ufeffa'), maxBytes: 9, text: '\ufeffa', cut: false },
  { of: 'nothing', bytes: Buffer.alloc(0), maxBytes: 5, text: '', cut: false },
])('it gives $of', ({ bytes, maxBytes, text, cut }) => {
  expect(utf8Tail({ bytes, maxBytes })).toEqual({ text, cut });
});
