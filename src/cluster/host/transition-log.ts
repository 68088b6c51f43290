// The Job's own account of itself: one line for each transition, only ever appended to, ended by the Job's last word.
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { JobSnapshot } from '../cluster.ts';
import type { Transition } from '../../evidence/transition.ts';
import { isErrorWithCode } from './exclusive-file.ts';
import { FILE_MODE } from './run-directory.ts';

/** How a Job can end. */
export type FinalState = Exclude<JobSnapshot['state'], 'running'>;

/** A line of the log. `state` makes it the Job's last word; of several the first counts. */
export interface TransitionLine extends Transition {
  readonly state?: FinalState;
}

/** A transition with the place right after it. */
export interface PlacedTransition {
  readonly transition: Transition;
  /** Bytes from the beginning of the log to the end of its line. */
  readonly endOffset: number;
}

/** The log as far as it is written out. */
export interface TransitionLog {
  readonly placed: readonly PlacedTransition[];
  /** The Job's last word, or null while it has none. */
  readonly final: { readonly state: FinalState; readonly atMs: number } | null;
}

/** Appends the lines in one write and waits until they are on disk, so that a crash loses none that was told. */
export function appendTransitions(input: { readonly path: string; readonly lines: readonly TransitionLine[] }): void {
  const file = openSync(input.path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, FILE_MODE);
  try {
    const text = input.lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    // A writer that died in the middle of a line leaves it open: end it, so that it spoils nobody else's.
    writeSync(file, endsOpen(file) ? `\n${text}` : text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Reads the log up to the Job's last word. A last line without its end is not there yet; a spoilt one is passed over. */
export async function readTransitions(path: string): Promise<TransitionLog> {
  const bytes = await readBytes(path);
  const placed: PlacedTransition[] = [];
  for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
    const line = parseLine(bytes.toString('utf8', start, end));
    if (line !== null) {
      const { state, ...transition } = line;
      placed.push({ transition, endOffset: end + 1 });
      if (state !== undefined) {
        return { placed, final: { state, atMs: transition.atMs } };
      }
    }
  }
  return { placed, final: null };
}

/** The stage that has started and not ended, or null. */
export function openStage(log: TransitionLog): string | null {
  const last = log.placed.filter(({ transition }) => transition.stage !== null).at(-1)?.transition;
  return last?.phase === 'started' ? last.stage : null;
}

function parseLine(text: string): TransitionLine | null {
  try {
    return JSON.parse(text) as TransitionLine;
  } catch {
    return null;
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) {
      return Buffer.alloc(0);
    }
    throw error;
  }
}

function endsOpen(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 10;
}
