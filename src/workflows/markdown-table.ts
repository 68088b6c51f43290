// Markdown for Temporal's web UI, within the size that its `currentDetails` may have.

/** Temporal refuses details above 20,000 bytes. */
const MAX_DETAILS_BYTES = 18_000;

/** A table; cells are clipped to `maxCellLength` characters (80 by default) and cannot break out of it. */
export function markdownTable(input: {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly maxCellLength?: number;
}): string {
  const clip = (text: string): string => clippedCell({ text, maxLength: input.maxCellLength ?? 80 });
  const line = (cells: readonly string[]): string => `| ${cells.map(clip).join(' | ')} |`;
  return [line(input.columns), `|${' --- |'.repeat(input.columns.length)}`, ...input.rows.map(line)].join('\n');
}

/** Text on one line that shows as itself. */
export function plainText(input: { readonly text: string; readonly maxLength: number }): string {
  return clippedCell(input);
}

/** The paragraphs, cut after the last line that fits; a closing line says so when some did not. */
export function withinDetails(paragraphs: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of paragraphs.join('\n\n').split('\n')) {
    bytes += utf8Bytes(line) + 1;
    if (bytes > MAX_DETAILS_BYTES) return [...kept, '', '(more was left out for want of room)'].join('\n');
    kept.push(line);
  }
  return kept.join('\n');
}

function clippedCell(input: { readonly text: string; readonly maxLength: number }): string {
  const oneLine = input.text.replace(/\s+/g, ' ').trim();
  const clipped = oneLine.length > input.maxLength ? `${oneLine.slice(0, input.maxLength - 1)}…` : oneLine;
  return clipped.replace(/[\\|`<>*_[\]]/g, (sign) => `\\${sign}`);
}

/** Counted, not encoded: an upper bound, since half of a surrogate pair counts as three bytes. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}
