// Runs a program to its end, with its lines as they come, and never longer than it may take.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { endProcesses } from './end-processes.ts';
import { endWithParent } from './end-with-parent.ts';
import { startProcessGroup } from './process-group.ts';
import type { ProcessExit } from './process-group.ts';
import { stopsOn } from './stops-on.ts';

/** What to run. */
export interface CommandRequest {
  /** argv; the first is looked up on the PATH in `env`. */
  readonly command: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: this process's own. */
  readonly cwd?: string;
  /** The program and all it started are ended after this long. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Hears each line of both outputs. */
  readonly onLine?: (line: string) => void;
  /** How many of the last lines are kept in the result. Default 50. */
  readonly keepLines?: number;
}

/** How it went. A bad exit code is an answer, not an error. */
export interface CommandResult {
  readonly ended: 'by-itself' | 'timeout' | 'aborted';
  readonly exit: ProcessExit;
  /** The last lines of both outputs, in the order they came. */
  readonly lines: readonly string[];
}

const STOP_GRACE_MS = 2_000;
/** Carried by the program and all it starts, so that what outlives it is still known as its own (Linux). */
const MARKER = 'PROXYBENCH_COMMAND';
const LAST_LINES_WITHIN_MS = 1_000;

/**
 * Runs the program in a process group of its own and waits until it has ended.
 * @throws the system's own error (`ENOENT`, `EACCES`) when the program cannot be started
 */
export async function runCommand(request: CommandRequest): Promise<CommandResult> {
  const marker = { name: MARKER, value: randomUUID() };
  const group = await startProcessGroup({
    command: request.command,
    env: { ...request.env, [marker.name]: marker.value },
    cwd: request.cwd ?? process.cwd(),
    output: 'pipe',
  });
  const release = endWithParent(group);
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > (request.keepLines ?? 50)) lines.shift();
    request.onLine?.(line);
  };
  const outputs = [group.child.stdout, group.child.stderr].filter((stream) => stream !== null);
  const read = Promise.all(outputs.map((stream) => readLines({ stream, onLine: keep })));

  const stopped = stopsOn({ signal: request.signal, timeoutMs: request.timeoutMs });
  const first = await Promise.race([group.exited.then(() => 'by-itself' as const), stopped.reason]);
  stopped.forget();
  // What it left running would hold its outputs open, and this call with them.
  await endProcesses({ leaders: [group.leader], marker, graceMs: first === 'by-itself' ? 0 : STOP_GRACE_MS });
  release();
  await Promise.race([read, pause(LAST_LINES_WITHIN_MS, undefined, { ref: false })]);
  for (const stream of outputs) stream.destroy();
  return { ended: first, exit: await group.exited, lines };
}

async function readLines(input: { readonly stream: Readable; readonly onLine: (line: string) => void }): Promise<void> {
  for await (const line of createInterface({ input: input.stream })) input.onLine(line);
}
