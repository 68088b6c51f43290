// What a kind of benchmark has measured, as tables that everybody can show without knowing the kind.
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatRate } from '../quantities/quantities.ts';

/** What the values of a column are, which says how they are written. `duration`: milliseconds, each with its unit. */
export const COLUMN_UNITS = ['text', 'count', 'perSecond', 'ms', 'duration', 'bytes', 'bytesPerSecond'] as const;

export type ColumnUnit = (typeof COLUMN_UNITS)[number];

export interface ResultColumn {
  readonly name: string;
  readonly unit: ColumnUnit;
  /** Left out where there is no room for all columns; the lowest number goes first. Default: never. */
  readonly expendable?: number;
}

/** Null stands for what nobody could tell. */
export type ResultValue = number | string | null;

/** One table. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly ResultColumn[];
  /** One value for each column. */
  readonly rows: readonly (readonly ResultValue[])[];
}

/** The values of a row as they are written, one for each column; `-` for what is not known. */
export function resultCells(input: {
  readonly columns: readonly ResultColumn[];
  readonly row: readonly ResultValue[];
}): readonly string[] {
  return input.columns.map(({ unit }, index) => resultCell({ unit, value: input.row[index] ?? null }));
}

function resultCell({ unit, value }: { readonly unit: ColumnUnit; readonly value: ResultValue }): string {
  if (typeof value === 'string') return value;
  switch (unit) {
    case 'text':
      return value === null ? '-' : String(value);
    case 'count':
      return formatCount(value);
    case 'perSecond':
      return value === null ? '-' : `${formatCount(value)}/s`;
    case 'ms':
      return formatMilliseconds(value);
    case 'duration':
      return formatDuration(value);
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return formatRate(value);
  }
}
