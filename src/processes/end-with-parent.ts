// A background process must not outlive the program that started it, even when nobody came round to stopping it.
import { isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

const leaders = new Set<ProcessIdentity>();
let watching = false;

/**
 * Kills the process group when this process exits, by `process.exit`, an uncaught error or its natural end. A signal
 * without a handler gives no such chance, so whoever handles signals has to stop what it started.
 * @returns takes the promise back, for a group that has been ended
 */
export function endWithParent(leader: ProcessIdentity): () => void {
  leaders.add(leader);
  if (!watching) {
    watching = true;
    process.on('exit', killAll);
  }
  return () => {
    leaders.delete(leader);
  };
}

function killAll(): void {
  for (const leader of leaders) {
    if (!isRunning(leader)) continue;
    try {
      process.kill(-leader.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile, which is what was wanted.
    }
  }
}
