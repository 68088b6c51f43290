// Prints rows as an aligned table, or each row as a list of its own where the terminal is too narrow.
import { stripVTControlCharacters } from 'node:util';

/** One column. */
export interface Column {
  readonly header: string;
  /** Numbers read best on the right. Default `left`. */
  readonly align?: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  /** One cell for each column; a cell may carry colour. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of the terminal; without it the table is as wide as it needs. */
  readonly width?: number | undefined;
}

const GAP = '  ';

/** The table's lines, joined by newlines; only the header when there are no rows. */
export function renderTable({ columns, rows, width }: Table): string {
  const widths = columns.map(({ header }, index) =>
    Math.max(shownWidth(header), ...rows.map((row) => shownWidth(row[index] ?? ''))),
  );
  const total = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1);
  if (width !== undefined && total > width && rows.length > 0) return renderLists({ columns, rows });
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align = 'left' }, index) => padded({ cell: cells[index] ?? '', width: widths[index] ?? 0, align }))
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ header }) => header)), ...rows.map(line)].join('\n');
}

/** Rows one under another, an empty line between two; empty cells are left out. */
function renderLists({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const width = Math.max(...columns.map(({ header }) => shownWidth(header)));
  return rows
    .map((row) =>
      columns
        .map(({ header }, index) => ({ header, cell: row[index] ?? '' }))
        .filter(({ cell }) => cell !== '')
        .map(({ header, cell }) => `${padded({ cell: header, width, align: 'left' })}${GAP}${cell}`)
        .join('\n'),
    )
    .join('\n\n');
}

/** How many columns of a terminal a text takes; colours take none. */
export function shownWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

function padded(input: { readonly cell: string; readonly width: number; readonly align: 'left' | 'right' }): string {
  const space = ' '.repeat(Math.max(0, input.width - shownWidth(input.cell)));
  return input.align === 'right' ? space + input.cell : input.cell + space;
}
