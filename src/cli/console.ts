// Where commands print: documents to stdout, everything else to stderr, colour only where somebody can see it.
import { COLOURED, PLAIN, type Paint } from '../reports/paint.ts';

/** The two outputs of a command. */
export interface Console {
  /** A document; alone on stdout. */
  readonly print: (text: string) => void;
  /** Progress, notes, errors. */
  readonly note: (text: string) => void;
  /** Raw text to stderr, for drawing. */
  readonly draw: (text: string) => void;
  /** How documents are painted. */
  readonly paint: Paint;
  /** How notes are painted. */
  readonly notePaint: Paint;
  /** Columns of the terminal that shows documents; undefined when they go to a file or a pipe. */
  readonly width: () => number | undefined;
  /** The terminal that shows notes; null when there is none. */
  readonly noteTerminal: { readonly columns: () => number; readonly rows: () => number } | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** The console of this process. NO_COLOR and TERM=dumb are heeded. */
export function processConsole(): Console {
  const { stdout, stderr, env } = process;
  // A terminal that was closed, a pipe whose reader has left: what is said is lost, what is to be ended must still be.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  const colourless = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const paintFor = (isTerminal: boolean): Paint => (isTerminal && !colourless ? COLOURED : PLAIN);
  return {
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    draw: (text) => void stderr.write(text),
    paint: paintFor(stdout.isTTY),
    notePaint: paintFor(stderr.isTTY),
    width: () => (stdout.isTTY ? stdout.columns || USUAL_COLUMNS : undefined),
    noteTerminal:
      stderr.isTTY && env['TERM'] !== 'dumb'
        ? { columns: () => stderr.columns || USUAL_COLUMNS, rows: () => stderr.rows || USUAL_ROWS }
        : null,
    env,
  };
}
