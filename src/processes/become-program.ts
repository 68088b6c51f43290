// Lets another program take this process's place, so that nothing of this one is left beside it.
import { endProcesses } from './end-processes.ts';
import { endWithParent } from './end-with-parent.ts';
import { startProcessGroup } from './process-group.ts';

/** What to become. */
export interface Successor {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where this process only stands in: hears what the program writes, on either of its outputs. */
  readonly onText: (text: string) => void;
  /** Where it only stands in: ends the program gracefully. */
  readonly signal: AbortSignal;
  /** Where it only stands in: time between SIGTERM and SIGKILL, milliseconds. */
  readonly stopGraceMs: number;
}

/**
 * Replaces this process by the program: the same process id, terminal and signals. Does not return then. A runtime that
 * cannot replace itself (bun) runs the program instead, hands its output on and ends it with itself.
 * @returns the code with which it ended, where this process stood in
 * @throws the system's own error (`ENOENT`, `EACCES`) when the program cannot be started
 */
export async function becomeProgram(successor: Successor): Promise<number> {
  const { file, args, env, onText, signal, stopGraceMs } = successor;
  if (process.execve !== undefined && process.versions['bun'] === undefined) {
    process.execve(file, [file, ...args], { ...env });
  }
  const group = await startProcessGroup({ command: [file, ...args], env, cwd: process.cwd(), output: 'pipe' });
  const release = endWithParent(group);
  for (const stream of [group.child.stdout, group.child.stderr]) stream?.setEncoding('utf8').on('data', onText);
  const stop = (): void => void endProcesses({ leaders: [group.leader], graceMs: stopGraceMs });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const { code } = await group.exited;
  signal.removeEventListener('abort', stop);
  release();
  return code ?? 1;
}
