// Starts a program as the head of its own process group, so that all it becomes can be ended together.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { identifyProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started group. */
export interface ProcessGroup {
  readonly leader: ProcessIdentity;
  /** The leader, for its streams. */
  readonly child: ChildProcess;
  /** Settles when the leader has ended; others of its group may still run. */
  readonly exited: Promise<ProcessExit>;
}

/** What to start. */
export interface GroupRequest {
  /** argv; the first is looked up on the PATH in `env`. */
  readonly command: readonly string[];
  /** The whole environment; nothing of this process's own is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** `none` is an empty input. Default `none`. */
  readonly input?: 'none' | 'pipe';
  /** Where both outputs go: to pipes on `child`, or appended to one file (made with mode 0600). */
  readonly output: 'pipe' | { readonly file: string };
}

/**
 * Starts the program in a new session and process group. It outlives this process unless somebody ends it.
 * @throws the system's own error (`ENOENT`, `EACCES`) when the program cannot be started
 */
export async function startProcessGroup(request: GroupRequest): Promise<ProcessGroup> {
  const [program, ...args] = request.command;
  if (program === undefined) {
    throw new TypeError('a command needs at least one word');
  }
  const file = request.output === 'pipe' ? null : openSync(request.output.file, 'a', 0o600);
  try {
    const output = file ?? 'pipe';
    const child = spawn(program, args, {
      cwd: request.cwd,
      env: { ...request.env },
      detached: true,
      stdio: [request.input === 'pipe' ? 'pipe' : 'ignore', output, output],
    });
    // Asked before anything is awaited: until then not even a program that is done already has been reaped.
    const startToken = child.pid === undefined ? undefined : identifyProcess(child.pid)?.startToken;
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    const pid = child.pid ?? -1;
    return { leader: { pid, startToken: startToken ?? 'ended-at-once' }, child, exited };
  } finally {
    if (file !== null) {
      closeSync(file);
    }
  }
}
