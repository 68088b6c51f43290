// Breaks sentences between words, where a terminal would break them anywhere.
import { shownWidth } from './table.ts';

/** The lines of a text; unbroken without a width. A word longer than a line stays whole. */
export function wrapText({
  text,
  width,
}: {
  readonly text: string;
  readonly width: number | undefined;
}): readonly string[] {
  if (width === undefined) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && shownWidth(line) + 1 + shownWidth(word) > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
