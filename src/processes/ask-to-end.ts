// Asks one process, and none of its children, to end in its own way.
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

const LOOK_AGAIN_MS = 15;

/** Sends SIGTERM and waits for the end, `withinMs` at the most. Resolves with whether it has ended. */
export async function askToEnd(input: {
  readonly process: ProcessIdentity;
  readonly withinMs: number;
}): Promise<boolean> {
  const giveUpAtMs = performance.now() + input.withinMs;
  if (!isRunning(input.process)) {
    return true;
  }
  try {
    process.kill(input.process.pid, 'SIGTERM');
  } catch {
    // It has just ended, or is somebody else's; what follows tells.
  }
  while (isRunning(input.process)) {
    if (performance.now() > giveUpAtMs) {
      return false;
    }
    await pause(LOOK_AGAIN_MS);
  }
  return true;
}
