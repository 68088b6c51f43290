// Cgroup v1: a group is a directory in each controller's own hierarchy.
import { join } from 'node:path';
import {
  enterBy,
  makeGroups,
  PERIOD_MICROSECONDS,
  readFields,
  readNumber,
  removeGroups,
  setWhereThere,
} from './cgroup-files.ts';
import type { Cgroup, CgroupRequest } from './cgroup-model.ts';

const MIB = 1024 * 1024;
const NANOSECONDS = 1e9;

/** @throws Error when a controller is not mounted or may not be written */
export function createFirstCgroup({ name, limits, mounts }: CgroupRequest): Cgroup {
  const below = (controller: string): string => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    if (mount === undefined) throw new Error(`the ${controller} controller is not mounted`);
    return join(mount.place, name);
  };
  const [memory, cpu, cpuacct] = [below('memory'), below('cpu'), below('cpuacct')];
  const directories = [...new Set([memory, cpu, cpuacct])];
  const quota = limits.cpuMillicores === null ? -1 : (limits.cpuMillicores * PERIOD_MICROSECONDS) / 1000;
  makeGroups({
    directories,
    settings: [
      [join(memory, 'memory.limit_in_bytes'), String(limits.memoryMiB * MIB)],
      [join(cpu, 'cpu.cfs_period_us'), String(PERIOD_MICROSECONDS)],
      [join(cpu, 'cpu.cfs_quota_us'), String(quota)],
    ],
  });
  setWhereThere(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryMiB * MIB));
  return {
    enter: (command) =>
      enterBy(
        directories.map((directory) => join(directory, 'cgroup.procs')),
        command,
      ),
    read: () => {
      const memoryStat = readFields(join(memory, 'memory.stat'));
      const cpuStat = readFields(join(cpu, 'cpu.stat'));
      return {
        usageBytes: readNumber(join(memory, 'memory.usage_in_bytes')),
        peakBytes: readNumber(join(memory, 'memory.max_usage_in_bytes')),
        anonymousBytes: memoryStat('rss'),
        fileBytes: memoryStat('cache'),
        kernelBytes: readNumber(join(memory, 'memory.kmem.usage_in_bytes')),
        refaults: memoryStat('workingset_refault_file'),
        oomKills: readFields(join(memory, 'memory.oom_control'))('oom_kill'),
        cpuSeconds: readNumber(join(cpuacct, 'cpuacct.usage')) / NANOSECONDS,
        periods: cpuStat('nr_periods'),
        throttledPeriods: cpuStat('nr_throttled'),
        throttledSeconds: cpuStat('throttled_time') / NANOSECONDS,
      };
    },
    remove: () => removeGroups(directories),
  };
}
