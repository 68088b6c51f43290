import { expect, test } from 'vitest';
import { renderChecks } from '../../../src/reports/checks-text.ts';
import { PLAIN } from '../../../src/reports/paint.ts';

const checks = [
  { name: 'one', ok: true, detail: 'well', hint: '' },
  {
    name: 'two',
    ok: false,
    detail: 'not at all as it should be by any means',
    hint: 'Mend it with a good deal of care',
  },
  { name: 'three', ok: false, advisory: true, detail: 'unknown', hint: 'Nothing to mend' },
] as const;

test('faults, and what is only less than it could be, are marked apart, each with its hint below', () => {
  expect(renderChecks({ checks, paint: PLAIN }).split('\n')).toEqual([
    'ok    one: well',
    'FAIL  two: not at all as it should be by any means',
    '      Mend it with a good deal of care',
    'note  three: unknown',
    '      Nothing to mend',
  ]);
});

test('lines are broken between words at the width of the terminal', () => {
  const lines = renderChecks({ checks, paint: PLAIN, width: 36 }).split('\n');
  expect(lines).toContain('FAIL  two: not at all as it should');
  expect(lines.filter((line) => line.length > 36)).toEqual([]);
});
