// One bringing up or taking down at a time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, isRunning } from '../../src/processes/process-identity.ts';
import type { ProcessIdentity } from '../../src/processes/process-identity.ts';

/** Whoever holds the lock and still runs, or null. */
export function lockHolder(file: string): ProcessIdentity | null {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    return holder.pid !== process.pid && isRunning(holder) ? holder : null;
  } catch {
    return null; // there is no lock, or half a one of a process that was killed
  }
}

/**
 * Takes the lock for this process; what a dead one left is taken over.
 * @returns gives it back
 * @throws Error naming the process that holds it
 */
export function takeLock(file: string): () => void {
  const holder = lockHolder(file);
  if (holder !== null) throw new Error(`process ${holder.pid} is starting or ending the test cluster right now`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(identifyProcess(process.pid)));
  return () => rmSync(file, { force: true });
}
