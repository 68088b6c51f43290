// A background process must not outlive the program that started it, even when that program is killed.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { ProcessGroup } from './process-group.ts';

/** Waits for the end of its input, which comes when whoever holds the other end has ended, however that came about. */
const WATCHMAN = 'read -r _; kill -s KILL -- "-$1"';

/**
 * Kills the process group when this process ends: by itself, by an error, by any signal. It takes a small process of
 * its own that holds one end of a pipe to this one.
 * @returns takes the promise back, for a group that has been ended
 */
export function endWithParent(group: ProcessGroup): () => void {
  const watchman = spawn('/bin/sh', ['-c', WATCHMAN, 'proxybench-watchman', String(group.leader.pid)], {
    // Out of reach of a Ctrl-C, which would end it together with the one it watches.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchman.unref();
  if (watchman.stdin instanceof Socket) watchman.stdin.unref();
  // Without a shell there is no watchman, and the group is ended by whoever stops it.
  watchman.on('error', () => undefined);
  const release = (): void => {
    watchman.kill('SIGKILL');
  };
  // A group's number may be given out again once its leader has ended.
  void group.exited.then(release);
  return release;
}
