// What the kernel says of one process, for companions that no cgroup holds. Linux; nothing elsewhere.
import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../../processes/process-identity.ts';
import { isRunning } from '../../../processes/process-identity.ts';
import type { CgroupUsage } from './cgroup-usage.ts';

/** The kernel's unit of a process's CPU time, whatever its own clock's pace. */
const TICKS_PER_SECOND = 100;

/** Of this very process and none of its children; null once it has ended. */
export function processUsage(leader: ProcessIdentity | null): CgroupUsage | null {
  if (leader === null || process.platform !== 'linux' || !isRunning(leader)) return null;
  try {
    return usageFrom({
      status: readFileSync(`/proc/${leader.pid}/status`, 'utf8'),
      stat: readFileSync(`/proc/${leader.pid}/stat`, 'utf8'),
    });
  } catch {
    return null; // it ended while we were looking
  }
}

/** From the texts of /proc/<pid>/status and /proc/<pid>/stat. */
export function usageFrom(input: { readonly status: string; readonly stat: string }): CgroupUsage {
  const [userTicks, systemTicks] = input.stat
    .slice(input.stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return {
    memoryBytes: kibibytes({ status: input.status, field: 'VmRSS' }),
    peakMemoryBytes: kibibytes({ status: input.status, field: 'VmHWM' }),
    memoryLimitBytes: null,
    cpuLimitMillicores: null,
    cpuSeconds:
      userTicks === undefined || systemTicks === undefined ? null : (userTicks + systemTicks) / TICKS_PER_SECOND,
    periods: null,
    throttledPeriods: null,
    throttledSeconds: null,
    oomKills: null,
  };
}

function kibibytes(input: { readonly status: string; readonly field: string }): number | null {
  const value = new RegExp(`^${input.field}:\\s+(\\d+) kB$`, 'm').exec(input.status)?.[1];
  return value === undefined ? null : Number(value) * 1024;
}
