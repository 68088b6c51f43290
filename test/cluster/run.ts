// Runs a program that is expected to succeed and gives its output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What to run and how. */
export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Handed to the program as its input. */
  readonly input?: string | Readable;
  /** It is killed after this long. Default 60 s. */
  readonly timeoutMs?: number;
}

const SHOWN_CHARACTERS = 1500;

/**
 * Runs argv and resolves with what it wrote to its standard output.
 * @throws Error with the command and the end of its outputs when it cannot start, fails or takes too long
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = '', ...args] = command;
  const timeoutMs = options.timeoutMs ?? 60_000;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env) },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  // A program that reads no input closes it early; its exit code says whether that was right.
  child.stdin.on('error', () => undefined);
  if (options.input === undefined || typeof options.input === 'string') child.stdin.end(options.input ?? '');
  else options.input.pipe(child.stdin);
  const shown = command.join(' ').slice(0, 300);
  const [code, signal] = (await once(child, 'close').catch((cause: unknown) => {
    throw new Error(`cannot run ${shown}`, { cause });
  })) as [number | null, NodeJS.Signals | null];
  const [stdout, stderr] = await outputs;
  if (code === 0) return stdout;
  const how = code === null ? `was ended by ${signal ?? 'something'} (it may take ${timeoutMs / 1000} s)` : `: ${code}`;
  throw new Error(`${shown} ${how}\n${`${stdout}\n${stderr}`.trim().slice(-SHOWN_CHARACTERS)}`);
}

/** As `run`, but resolves with null where it would throw. */
export async function runOrNull(command: readonly string[], options: RunOptions = {}): Promise<string | null> {
  return run(command, options).catch(() => null);
}
