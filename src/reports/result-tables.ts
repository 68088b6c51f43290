// What a kind of benchmark has measured, as aligned tables.
import { type ResultTable, resultCells } from '../evidence/result-table.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

/** Each table under its title, an empty line before each. */
export function renderResultTables(input: {
  readonly tables: readonly ResultTable[];
  readonly paint: Paint;
  readonly width: number | undefined;
}): readonly string[] {
  const { tables, paint, width } = input;
  return tables.flatMap(({ title, columns, rows }) => [
    '',
    paint.strong(title),
    renderTable({
      columns: columns.map(({ name, unit, expendable }) => ({
        header: name.toUpperCase(),
        align: unit === 'text' ? 'left' : 'right',
        ...(expendable === undefined ? {} : { expendable }),
      })),
      rows: rows.map((row) => resultCells({ columns, row })),
      width,
    }),
  ]);
}
