// Runs a program to its end with input fed and output caught as bytes, never longer and never more than it may.
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { endProcesses } from './end-processes.ts';
import { endWithParent } from './end-with-parent.ts';
import { type ProcessExit, startProcessGroup } from './process-group.ts';
import { stopsOn } from './stops-on.ts';

/** What to run. */
export interface CaptureRequest {
  /** argv; the first is looked up on the PATH in `env`. */
  readonly command: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: this process's own. */
  readonly cwd?: string;
  /** Fed to its standard input, which then ends. Default: none. */
  readonly input?: string | Uint8Array;
  /** The program and all it started are ended after this long. */
  readonly timeoutMs: number;
  /** A program that writes more than this to its standard output is ended. */
  readonly maxBytes: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** How it went. A bad exit code is an answer, not an error. */
export interface CaptureResult {
  /** `too-much`: it wrote more than `maxBytes`. */
  readonly ended: 'by-itself' | 'timeout' | 'aborted' | 'too-much';
  readonly exit: ProcessExit;
  /** What it wrote to its standard output, `maxBytes` at the most. */
  readonly output: Buffer;
  /** The end of what it wrote to its standard error, 4 KiB at the most. */
  readonly errorTail: string;
}

const STOP_GRACE_MS = 500;
const MAX_ERROR_BYTES = 4_096;
/** Carried by the program and all it starts, so that what outlives it is still known as its own (Linux). */
const MARKER = 'PROXYBENCH_COMMAND';
const LAST_BYTES_WITHIN_MS = 1_000;

/**
 * Runs the program in a process group of its own and waits until nothing of it is left.
 * @throws the system's own error (`ENOENT`, `EACCES`) when the program cannot be started
 */
export async function captureCommand(request: CaptureRequest): Promise<CaptureResult> {
  const marker = { name: MARKER, value: randomUUID() };
  const group = await startProcessGroup({
    command: request.command,
    env: { ...request.env, [marker.name]: marker.value },
    cwd: request.cwd ?? process.cwd(),
    input: 'pipe',
    output: 'pipe',
  });
  const release = endWithParent(group);
  const { stdin, stdout, stderr } = group.child;
  const caught = catchOutput({ stream: stdout, maxBytes: request.maxBytes });
  const said = catchTail({ stream: stderr, maxBytes: MAX_ERROR_BYTES });
  feed({ stream: stdin, input: request.input ?? '' });

  const stopped = stopsOn({ signal: request.signal, timeoutMs: request.timeoutMs });
  const first = await Promise.race([
    group.exited.then(() => 'by-itself' as const),
    stopped.reason,
    caught.overflowed.then(() => 'too-much' as const),
  ]);
  stopped.forget();
  // What it left running would hold its outputs open, and this call with them.
  await endProcesses({ leaders: [group.leader], marker, graceMs: first === 'by-itself' ? 0 : STOP_GRACE_MS });
  release();
  await Promise.race([
    Promise.all([caught.closed, said.closed]),
    pause(LAST_BYTES_WITHIN_MS, undefined, { ref: false }),
  ]);
  for (const stream of [stdin, stdout, stderr]) stream?.destroy();
  const ended = first === 'by-itself' && caught.isOver() ? 'too-much' : first;
  return { ended, exit: await group.exited, output: caught.bytes(), errorTail: said.text() };
}

function catchOutput({ stream, maxBytes }: { readonly stream: Readable | null; readonly maxBytes: number }): {
  readonly overflowed: Promise<void>;
  readonly closed: Promise<void>;
  readonly isOver: () => boolean;
  readonly bytes: () => Buffer;
} {
  const chunks: Buffer[] = [];
  let length = 0;
  const overflowed = new Promise<void>((resolve) => {
    stream?.on('data', (chunk: Buffer) => {
      if (length <= maxBytes) chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) resolve();
    });
  });
  return {
    overflowed,
    closed: untilClosed(stream),
    isOver: () => length > maxBytes,
    bytes: () => Buffer.concat(chunks).subarray(0, maxBytes),
  };
}

function catchTail({ stream, maxBytes }: { readonly stream: Readable | null; readonly maxBytes: number }): {
  readonly closed: Promise<void>;
  readonly text: () => string;
} {
  let tail: Buffer = Buffer.alloc(0);
  stream?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-maxBytes);
  });
  return { closed: untilClosed(stream), text: () => tail.toString('utf8') };
}

function untilClosed(stream: Readable | null): Promise<void> {
  return new Promise((resolve) => {
    if (stream === null) return resolve();
    stream.on('error', () => undefined);
    stream.once('close', () => resolve());
  });
}

/** A program may end without having read all: its exit code tells what became of it. */
function feed({ stream, input }: { readonly stream: Writable | null; readonly input: string | Uint8Array }): void {
  stream?.on('error', () => undefined);
  stream?.end(input);
}
