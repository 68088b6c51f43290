import { expect, test } from 'vitest';
import { createClockRange } from '../../../../src/cluster/trans/clock-range.ts';

const offsetOf = (...readings: readonly (readonly [there: number, asked: number, answered: number])[]): number => {
  const range = createClockRange();
  for (const [thereMs, askedAtMs, answeredAtMs] of readings) range.note({ thereMs, askedAtMs, answeredAtMs });
  return range.offsetMs();
};

test.each([
  { what: 'nothing was read', readings: [], offsetMs: 0 },
  { what: 'the far clock lies between question and answer, however long it took', readings: [[1_100, 1_000, 9_000]] },
  { what: 'it is ahead of the answer', readings: [[4_000, 1_000, 2_000]], offsetMs: 2_500 },
  { what: 'it is behind the question', readings: [[200, 1_000, 1_400]], offsetMs: -1_000 },
  {
    what: 'a quick call tells more than slow ones',
    readings: [
      [4_000, 1_000, 9_000],
      [4_000, 1_000, 1_200],
    ],
    offsetMs: 2_900,
  },
  {
    what: 'a clock was set',
    readings: [
      [4_000, 1_000, 1_200],
      [2_100, 2_000, 2_200],
    ],
    offsetMs: 0,
  },
] as const)('a far clock is off by $offsetMs ms where $what', ({ readings, ...expected }) => {
  expect(offsetOf(...readings)).toBe('offsetMs' in expected ? expected.offsetMs : 0);
});
