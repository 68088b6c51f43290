// The two things that end a host Job before its stages do: being asked to, and its own deadline.
import { readIfThere } from './exclusive-file.ts';
import type { HostJob } from './host-job.ts';
import type { RunDirectory } from './run-directory.ts';
import type { FinalState } from './transition-log.ts';

/** Why and how a Job is to end early. */
export interface EarlyEnd {
  readonly state: FinalState;
  /** In the words that the transitions will carry. */
  readonly reason: string;
  readonly graceMs: number;
}

/** The reasons that a Job ended early carries, in its transitions. */
export const STOPPED_REASON = 'stopped';
const ACTIVE_DEADLINE_REASON = 'active deadline';
export const VANISHED_REASON = 'supervisor vanished';

/** Node's timers hold no longer wait; a Job that lasts longer than 24 days is ended then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves when the Job is to end early. The timer behind it does not keep this process alive. */
export async function earlyEndOf(input: {
  readonly job: HostJob;
  readonly directory: RunDirectory;
  readonly stopRequested: Promise<void>;
}): Promise<EarlyEnd> {
  const { job } = input;
  const leftMs = job.createdAtMs + job.activeDeadlineMs - Date.now();
  const deadline = new Promise<'deadline'>((resolve) => {
    setTimeout(() => resolve('deadline'), Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS)).unref();
  });
  const first = await Promise.race([deadline, input.stopRequested.then(() => 'stop' as const)]);
  return first === 'deadline'
    ? { state: 'failed', reason: ACTIVE_DEADLINE_REASON, graceMs: job.stopGraceMs }
    : {
        state: 'stopped',
        reason: STOPPED_REASON,
        graceMs: (await readStopRequest(input.directory))?.graceMs ?? job.stopGraceMs,
      };
}

/** What the last one who asked for the end has written down, or null when nobody has. */
export async function readStopRequest(directory: RunDirectory): Promise<{ readonly graceMs: number } | null> {
  const text = await readIfThere(directory.stopFile);
  return text === null ? null : (JSON.parse(text) as { readonly graceMs: number });
}
