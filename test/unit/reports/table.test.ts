import { describe, expect, it } from 'vitest';
import { COLOURED } from '../../../src/reports/paint.ts';
import { renderTable, shownWidth } from '../../../src/reports/table.ts';
import { wrapText } from '../../../src/reports/wrap-text.ts';

const COLUMNS = [
  { header: 'STAGE' },
  { header: 'BYTES', align: 'right', expendable: 2 },
  { header: 'RATE', align: 'right', expendable: 1 },
] as const;
const ROWS = [
  ['npm-install', '28.4 MiB', '3.4 MiB/s'],
  ['go', '1 B', ''],
];

describe('a table', () => {
  it('aligns its columns, numbers on the right, and trails no spaces', () => {
    expect(renderTable({ columns: COLUMNS, rows: ROWS })).toBe(
      ['STAGE           BYTES       RATE', 'npm-install  28.4 MiB  3.4 MiB/s', 'go                1 B'].join('\n'),
    );
  });

  it('counts no width for colours', () => {
    const painted = renderTable({ columns: COLUMNS, rows: [[COLOURED.bad('npm-install'), '28.4 MiB', '3.4 MiB/s']] });
    expect(painted).toContain('\u001b[');
    expect(painted.split('\n').map(shownWidth)).toEqual([32, 32]);
  });

  it('leaves out expendable columns first where the terminal is narrow', () => {
    expect(renderTable({ columns: COLUMNS, rows: ROWS, width: 31 }).split('\n')[0]).toBe('STAGE           BYTES');
    expect(renderTable({ columns: COLUMNS, rows: ROWS, width: 11 }).split('\n')).toEqual([
      'STAGE',
      'npm-install',
      'go',
    ]);
  });

  it('becomes a list without empty cells where nothing else helps', () => {
    expect(renderTable({ columns: COLUMNS, rows: ROWS, width: 10 })).toBe(
      ['STAGE  npm-install', 'BYTES  28.4 MiB', 'RATE   3.4 MiB/s', '', 'STAGE  go', 'BYTES  1 B'].join('\n'),
    );
  });

  it('is its header alone without rows', () => {
    expect(renderTable({ columns: COLUMNS, rows: [], width: 5 })).toBe('STAGE  BYTES  RATE');
  });
});

describe('a sentence', () => {
  it('breaks between words, indented after the first line', () => {
    expect(wrapText({ text: 'one two three four', width: 9 })).toEqual(['one two', '  three', '  four']);
  });

  it('stays whole without a terminal, as does a word longer than a line', () => {
    expect(wrapText({ text: 'one two', width: undefined })).toEqual(['one two']);
    expect(wrapText({ text: 'a registry.example:443', width: 5 })).toEqual(['a', '  registry.example:443']);
  });
});
