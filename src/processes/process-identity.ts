// Who a process is beyond its pid, so that nothing is ever sent to a stranger that came by the same number.
import { readProcess } from './process-table.ts';

/** A process, told apart from every other one that has had or will have its pid. Fit for JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startToken: string;
}

/** The identity of the live process with that pid, or null when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const entry = readProcess(pid);
  return entry === null ? null : { pid: entry.pid, startToken: entry.startToken };
}

/** Whether this very process still runs. False for a zombie, and for another process under the same pid. */
export function isRunning(identity: ProcessIdentity): boolean {
  return readProcess(identity.pid)?.startToken === identity.startToken;
}
