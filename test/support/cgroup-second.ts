// Cgroup v2: one hierarchy, in which a group has those controllers that its parent hands down.
import { writeFileSync } from 'node:fs';
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
const MICROSECONDS = 1e6;
const HANDED_DOWN = '+memory +cpu';

/** The group itself: from the one above, which hands its limits down, systemd cannot take them back. */
export const INSIDE = 'inside';

/** @throws Error when there is no such hierarchy or it may not be written */
export function createSecondCgroup({ name, limits, mounts }: CgroupRequest): Cgroup {
  const mount = mounts.find(({ type }) => type === 'cgroup2');
  if (mount === undefined) throw new Error('no cgroup hierarchy is mounted');
  const shield = join(mount.place, name);
  const group = join(shield, INSIDE);
  const at = (file: string): string => join(group, file);
  writeFileSync(join(mount.place, 'cgroup.subtree_control'), HANDED_DOWN);
  const quota = limits.cpuMillicores === null ? 'max' : (limits.cpuMillicores * PERIOD_MICROSECONDS) / 1000;
  makeGroups({
    directories: [shield],
    settings: [[join(shield, 'cgroup.subtree_control'), HANDED_DOWN]],
  });
  makeGroups({
    directories: [group],
    settings: [
      [at('memory.max'), String(limits.memoryMiB * MIB)],
      [at('cpu.max'), `${quota} ${PERIOD_MICROSECONDS}`],
    ],
  });
  setWhereThere(at('memory.swap.max'), '0');
  return {
    enter: (command) => enterBy([at('cgroup.procs')], command),
    read: () => {
      const memoryStat = readFields(at('memory.stat'));
      const events = readFields(at('memory.events'));
      const cpuStat = readFields(at('cpu.stat'));
      return {
        usageBytes: readNumber(at('memory.current')),
        peakBytes: readNumber(at('memory.peak')),
        anonymousBytes: memoryStat('anon'),
        fileBytes: memoryStat('file'),
        kernelBytes: memoryStat('kernel'),
        refaults: memoryStat('workingset_refault_file'),
        oomKills: events('oom_kill'),
        cpuSeconds: cpuStat('usage_usec') / MICROSECONDS,
        periods: cpuStat('nr_periods'),
        throttledPeriods: cpuStat('nr_throttled'),
        throttledSeconds: cpuStat('throttled_usec') / MICROSECONDS,
      };
    },
    remove: () => removeGroups([group, shield]),
  };
}
