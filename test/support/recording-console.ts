// A console that remembers what was printed, with or without a terminal.
import type { Console } from '../../src/cli/console.ts';
import { PLAIN } from '../../src/reports/paint.ts';

export interface RecordingConsole {
  readonly console: Console;
  readonly printed: string[];
  readonly notes: string[];
  readonly drawn: string[];
}

export function recordingConsole(terminal?: { readonly columns: number; readonly rows: number }): RecordingConsole {
  const printed: string[] = [];
  const notes: string[] = [];
  const drawn: string[] = [];
  return {
    printed,
    notes,
    drawn,
    console: {
      print: (text) => void printed.push(text),
      note: (text) => void notes.push(text),
      draw: (text) => void drawn.push(text),
      paint: PLAIN,
      notePaint: PLAIN,
      width: () => terminal?.columns,
      noteTerminal: terminal === undefined ? null : { columns: () => terminal.columns, rows: () => terminal.rows },
      env: {},
    },
  };
}
