import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readFrame } from '../../../../src/cluster/trans/frame.ts';

const MAX_BYTES = 1_000_000;

function framed(output: string, overrides: { readonly length?: number; readonly digest?: string } = {}): Buffer {
  const packed = gzipSync(output)
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\n');
  const digest = overrides.digest ?? createHash('sha256').update(output).digest('hex');
  const said = Buffer.from('a word\n').toString('base64');
  const length = overrides.length ?? Buffer.byteLength(output);
  return Buffer.from(`proxybench-frame\n${packed}\nproxybench-said ${said}\nproxybench-end 3 ${length} ${digest}\n`);
}

test('a whole answer is its output, its exit code and the end of its errors', () => {
  const output = 'line\n'.repeat(1_000);
  expect(readFrame({ bytes: framed(output), maxBytes: MAX_BYTES })).toEqual({
    exitCode: 3,
    output: Buffer.from(output),
    said: 'a word\n',
  });
});

test('what a login writes before the frame is passed over', () => {
  const bytes = Buffer.concat([Buffer.from('Welcome to D601!\nLast login: never\n'), framed('here')]);
  expect(readFrame({ bytes, maxBytes: MAX_BYTES })).toMatchObject({ output: Buffer.from('here') });
});

test('an answer that was cut anywhere is known to be cut', () => {
  const bytes = framed('some output that is long enough to be worth cutting\n'.repeat(20));
  for (let length = 0; length < bytes.length; length++) {
    expect(readFrame({ bytes: bytes.subarray(0, length), maxBytes: MAX_BYTES })).toHaveProperty('cut');
  }
});

test('an answer that lost its middle, or changed on its way, is no answer', () => {
  const bytes = framed('some output\n'.repeat(200));
  const middle = Math.floor(bytes.length / 3);
  const holed = Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + 8)]);
  expect(readFrame({ bytes: holed, maxBytes: MAX_BYTES })).toHaveProperty('cut');
  expect(readFrame({ bytes: framed('x', { length: 2 }), maxBytes: MAX_BYTES })).toEqual({
    cut: '1 of 2 bytes of the answer arrived',
  });
  expect(readFrame({ bytes: framed('x', { digest: 'a'.repeat(64) }), maxBytes: MAX_BYTES })).toEqual({
    cut: 'the answer was damaged on its way',
  });
});

test('an answer that unpacks to more than it may is refused', () => {
  const bytes = framed('x'.repeat(10_000));
  expect(readFrame({ bytes, maxBytes: 9_999 })).toHaveProperty('cut');
  expect(readFrame({ bytes, maxBytes: 10_000 })).toHaveProperty('output');
});
