// A stage's output on disk, bounded: the last one to two segments are kept, earlier ones are dropped.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogTail } from '../cluster.ts';
import { isErrorWithCode } from './exclusive-file.ts';
import { FILE_MODE } from './run-directory.ts';
import { utf8Tail } from './utf8-tail.ts';

/** Size of a full segment. Up to two are kept, so a log takes 1 MiB at the most. */
export const SEGMENT_BYTES = 512 * 1024;

/** Writes a stage's log as it comes: `<stage>.log`, then `<stage>.1.log` and so on, each filled to the brim. */
export class StageLogWriter {
  readonly #logs: string;
  readonly #stage: string;
  #segment = 0;
  #room = SEGMENT_BYTES;
  #file: number;

  constructor(input: { readonly logs: string; readonly stage: string }) {
    this.#logs = input.logs;
    this.#stage = input.stage;
    this.#file = this.#openSegment(0);
  }

  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#room === 0) {
        this.#rotate();
      }
      const piece = rest.subarray(0, this.#room);
      writeSync(this.#file, piece);
      this.#room -= piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    this.#segment += 1;
    this.#room = SEGMENT_BYTES;
    this.#file = this.#openSegment(this.#segment);
    if (this.#segment >= 2) {
      rmSync(this.#path(this.#segment - 2), { force: true });
    }
  }

  #openSegment(segment: number): number {
    return openSync(this.#path(segment), 'a', FILE_MODE);
  }

  #path(segment: number): string {
    return join(this.#logs, segmentName({ stage: this.#stage, segment }));
  }
}

/** The end of a stage's log, at most `maxBytes` of UTF-8, cut between characters; empty when there is none. */
export async function readStageLog(input: {
  readonly logs: string;
  readonly stage: string;
  readonly maxBytes: number;
}): Promise<LogTail> {
  const segments = await segmentsOf(input);
  const newest = segments.at(-1);
  if (newest === undefined || input.maxBytes <= 0) {
    return { text: '', truncated: newest !== undefined };
  }
  const end = await readSegment({ ...input, segment: newest });
  // The one before may have been dropped since the listing; what is left of the log then starts with the newest.
  const before = newest === 0 ? null : await readSegment({ ...input, segment: newest - 1 });
  const { text, cut } = utf8Tail({
    bytes: Buffer.concat([before ?? Buffer.alloc(0), end ?? Buffer.alloc(0)]),
    maxBytes: input.maxBytes,
  });
  const earliest = before === null ? newest : newest - 1;
  return { text, truncated: cut || earliest > 0 };
}

function segmentName(input: { readonly stage: string; readonly segment: number }): string {
  return input.segment === 0 ? `${input.stage}.log` : `${input.stage}.${input.segment}.log`;
}

async function segmentsOf(input: { readonly logs: string; readonly stage: string }): Promise<readonly number[]> {
  const names = await readdir(input.logs).catch((error: unknown) => {
    if (isErrorWithCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  });
  return names
    .flatMap((name) => {
      const [stage, segment, suffix] = name.split('.');
      const isLog = stage === input.stage && (segment === 'log' || suffix === 'log');
      return isLog ? [segment === 'log' ? 0 : Number(segment)] : [];
    })
    .sort((a, b) => a - b);
}

/** Reads a segment, as far as it is written at this moment; null when it is gone. */
async function readSegment(input: {
  readonly logs: string;
  readonly stage: string;
  readonly segment: number;
}): Promise<Buffer | null> {
  try {
    const file = await open(join(input.logs, segmentName(input)), 'r');
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}
