import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readBatch } from '../../../../src/cluster/trans/spool-batch.ts';

function batch(head: string, ...pieces: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(`${head}\n`), ...pieces.map((piece) => gzipSync(piece))]);
}

test('pieces are read one after another, as answers and as outages', () => {
  const bytes = batch(
    'recording 77 4 1000 2 3',
    '1 900 A {"a":1}\n2 910 O the control API answered 401\n',
    '3 920 A {"b":"x y"}\n',
  );
  expect(readBatch({ bytes, afterSequence: 0 })).toEqual({
    state: 'recording',
    spool: '77',
    lastSequence: 4,
    nowMs: 1000,
    answers: [
      { sequence: 1, atMs: 900, body: '{"a":1}' },
      { sequence: 2, atMs: 910, body: null, outage: 'the control API answered 401' },
      { sequence: 3, atMs: 920, body: '{"b":"x y"}' },
    ],
  });
});

test('of a piece that was begun before, only what comes after the place is told', () => {
  const bytes = batch('ended 77 3 1000 1 3', '1 900 A {}\n2 910 A {}\n3 920 A {}\n');
  expect(readBatch({ bytes, afterSequence: 2 }).answers.map(({ sequence }) => sequence)).toEqual([3]);
});

test('half a line is no answer', () => {
  const bytes = batch('dead 77 2 1000 1 2', '1 900 A {}\n2 91\n');
  expect(readBatch({ bytes, afterSequence: 0 }).answers.map(({ sequence }) => sequence)).toEqual([1]);
});

test('what no spool wrote is refused', () => {
  expect(() => readBatch({ bytes: Buffer.from('hello\n'), afterSequence: 0 })).toThrow('no answer of its own');
  const broken = Buffer.concat([Buffer.from('ended 77 3 1000 1 3\n'), gzipSync('1 900 A {}\n').subarray(0, 12)]);
  expect(() => readBatch({ bytes: broken, afterSequence: 0 })).toThrow('damaged');
});

const large = (sequence: number): string => `${sequence} ${900 + sequence} A ${'x'.repeat(1_000)}\n`;

test('pieces that are too large together are not damage: fewer are to be asked for', () => {
  const bytes = batch('recording 77 4 1000 2 4', large(1) + large(2), large(3) + large(4));
  expect(readBatch({ bytes, afterSequence: 0, maxUnpackedBytes: 3_000 })).toEqual({
    state: 'recording',
    spool: '77',
    lastSequence: 4,
    nowMs: 1000,
    answers: [],
    tooManyPieces: 2,
  });
});

test('a single piece that is too large is passed over, as an outage', () => {
  const bytes = batch('recording 77 6 1000 1 4', large(3) + large(4));
  expect(readBatch({ bytes, afterSequence: 2, maxUnpackedBytes: 1_500 })).toMatchObject({
    answers: [{ sequence: 4, atMs: 903, body: null, outage: expect.stringContaining('larger than') }],
  });
});
