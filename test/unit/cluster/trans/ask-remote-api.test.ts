import { expect, test } from 'vitest';
import { readAnswers } from '../../../../src/cluster/trans/ask-remote-api.ts';

const DATE = 'Sat, 21 Nov 2026 18:00:00 GMT';

test('answers are told apart by their lengths, whatever stands in them', () => {
  const first = '{"a":"ü\\n200 5 x"}';
  const output = Buffer.from(`1700000000123\n200 ${Buffer.byteLength(first)} ${DATE}\n${first}403 2 \n{}`);
  expect(readAnswers({ output, count: 2 })).toEqual({
    thereMs: 1_700_000_000_123,
    serverDateMs: Date.parse(DATE),
    answers: [
      { code: 200, body: { a: 'ü\n200 5 x' } },
      { code: 403, body: {} },
    ],
  });
});

test('a call that brought nothing, and those that were never made, are unanswered', () => {
  const { answers } = readAnswers({ output: Buffer.from('1\n000 0 \n'), count: 2 });
  expect(answers).toEqual([
    { problem: new Error('the API server did not answer within 4 s') },
    { problem: new Error('the API server did not answer') },
  ]);
});
