// Prints rows as an aligned table; in a narrow terminal without the expendable columns, else each row as a list.
import { stripVTControlCharacters } from 'node:util';

/** One column. */
export interface Column {
  readonly header: string;
  /** Numbers read best on the right. Default `left`. */
  readonly align?: 'left' | 'right';
  /** Left out where the terminal is too narrow for all columns; the lowest number goes first. Default: never. */
  readonly expendable?: number;
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
  const fitting = width === undefined ? measured({ columns, rows }) : fittingColumns({ columns, rows, width });
  if (fitting === null) return renderLists({ columns, rows });
  const line = (cellOf: (index: number) => string): string =>
    fitting
      .map(({ index, column: { align = 'left' }, width: cellWidth }) =>
        padded({ cell: cellOf(index), width: cellWidth, align }),
      )
      .join(GAP)
      .trimEnd();
  return [line((index) => columns[index]?.header ?? ''), ...rows.map((row) => line((index) => row[index] ?? ''))].join(
    '\n',
  );
}

interface MeasuredColumn {
  readonly column: Column;
  readonly index: number;
  readonly width: number;
}

function measured({ columns, rows }: Pick<Table, 'columns' | 'rows'>): readonly MeasuredColumn[] {
  return columns.map((column, index) => ({
    column,
    index,
    width: Math.max(shownWidth(column.header), ...rows.map((row) => shownWidth(row[index] ?? ''))),
  }));
}

/** As many columns as fit, or null when not even the indispensable ones do. */
function fittingColumns({
  columns,
  rows,
  width,
}: Pick<Table, 'columns' | 'rows'> & { readonly width: number }): readonly MeasuredColumn[] | null {
  let kept = measured({ columns, rows });
  for (;;) {
    const total = kept.reduce((sum, each) => sum + each.width, 0) + GAP.length * (kept.length - 1);
    if (total <= width || rows.length === 0) return kept;
    const first = Math.min(...kept.map(({ column }) => column.expendable ?? Number.POSITIVE_INFINITY));
    if (first === Number.POSITIVE_INFINITY) return null;
    kept = kept.filter(({ column }) => column.expendable !== first);
  }
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
