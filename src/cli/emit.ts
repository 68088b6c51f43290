// Prints a command's one document in the form that was asked for.
import { stringify } from 'yaml';
import type { Console } from './console.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** `document` is versioned and complete; `text` is made only for people. */
export function emit(input: {
  readonly console: Console;
  readonly format: OutputFormat;
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: () => string;
}): void {
  const { console, format, document, text } = input;
  switch (format) {
    case 'json':
      return console.print(JSON.stringify(document, null, 2));
    case 'yaml':
      return console.print(stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd());
    case 'table':
      return console.print(text());
  }
}
