// A cgroup with limits for one companion: made, entered, read and removed.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../../errors/errors.ts';
import type { CompanionLimits } from '../../../plan/plan.ts';
import { BYTES_PER_MIB } from '../../../quantities/quantities.ts';
import { type CgroupPlace, cgroupPlaces } from './cgroup-place.ts';
import { type CgroupUsage, cgroupUsage } from './cgroup-usage.ts';

/** The group's own directories, as `CgroupPlace`. Fit for JSON. */
export type CompanionCgroup = CgroupPlace;

const PERIOD_US = 100_000;
/** The kernel refuses less. */
const LEAST_QUOTA_US = 1_000;
const HANDED_DOWN = ['memory', 'cpu'];
/**
 * With one hierarchy for all, the group is one directory further down. While the one above it hands limits down itself,
 * systemd cannot take them back: it does so in any slice that needs them no longer. What the kernel keeps on account of a
 * group counts for the one above, so the limits are the inner one's.
 */
const INSIDE = 'inside';

/**
 * Where the group would be, best place first; none on a machine without cgroups. Told before any is made, so that a crash in
 * between leaves nothing that nobody knows of.
 */
export function cgroupCandidates(name: string): readonly CompanionCgroup[] {
  const places = cgroupPlaces({ mountInfo: textOf('/proc/self/mountinfo'), ownCgroups: textOf('/proc/self/cgroup') });
  return places.map(({ version, memory, cpu, cpuacct }) => {
    const below = version === 2 ? join(name, INSIDE) : name;
    return { version, memory: join(memory, below), cpu: join(cpu, below), cpuacct: join(cpuacct, below) };
  });
}

/** Makes the group and sets its limits. Null when it is made; else why not, and nothing of it is left. */
export function makeCgroup(input: {
  readonly group: CompanionCgroup;
  readonly limits: CompanionLimits;
}): string | null {
  const { group, limits } = input;
  try {
    for (const shield of shieldOf(group)) {
      handDownLimits(dirname(shield));
      mkdirSync(shield);
      handDownLimits(shield);
    }
    for (const directory of directoriesOf(group)) mkdirSync(directory);
    for (const { file, text, needed } of settings({ group, limits })) {
      if (needed || existsSync(file)) writeFileSync(file, text, { flag: 'r+' });
    }
    return null;
  } catch (thrown) {
    removeCgroup(group);
    return messageOf(thrown);
  }
}

/** The command that runs `command` in the group from its first instruction on. */
export function commandIn(input: {
  readonly group: CompanionCgroup;
  readonly command: readonly string[];
}): readonly string[] {
  return ['/bin/sh', '-c', ENTER, 'enter-cgroup', ...directoriesOf(input.group), '--', ...input.command];
}

/** Null once the group is gone. */
export function readCgroup(group: CompanionCgroup): CgroupUsage | null {
  if (!existsSync(group.memory)) return null;
  return cgroupUsage({
    version: group.version,
    read: (file) => {
      try {
        return readFileSync(join(group[file.group], file.name), 'utf8');
      } catch {
        return null;
      }
    },
  });
}

/** Removes the group, or what there is of it. Gives the directories that could not be removed: somebody is in them. */
export function removeCgroup(group: CompanionCgroup): readonly string[] {
  return [...directoriesOf(group), ...shieldOf(group)].filter((directory) => {
    try {
      rmdirSync(directory);
      return false;
    } catch {
      return existsSync(directory);
    }
  });
}

/** A constant script: the group's directories come before `--`, the program and its words after. */
const ENTER = `
while [ "$1" != -- ]; do
  echo $$ > "$1/cgroup.procs" || exit 126
  shift
done
shift
exec "$@"
`;

/** A group hands down only the limits that it says it does. @throws Error in words where it may not, or cannot */
function handDownLimits(group: string): void {
  const file = join(group, 'cgroup.subtree_control');
  const missing = HANDED_DOWN.filter((controller) => !wordsOf(file).includes(controller));
  if (missing.length === 0) return;
  try {
    writeFileSync(file, missing.map((controller) => `+${controller}`).join(' '), { flag: 'r+' });
  } catch (thrown) {
    const why = refusalOf({ group, missing, code: (thrown as NodeJS.ErrnoException).code });
    throw new Error(why ?? messageOf(thrown), { cause: thrown });
  }
}

/** With what helps; null for what is not known. */
function refusalOf(input: {
  readonly group: string;
  readonly missing: readonly string[];
  readonly code: string | undefined;
}): string | null {
  const { group, missing, code } = input;
  if (code === 'EACCES') {
    return `this user may not set limits in ${group}; start this program by systemd-run --user --scope, or as root`;
  }
  if (code === 'EBUSY') {
    return `${group} holds processes itself, so no group below it can have limits; start this program in one below it`;
  }
  const given = wordsOf(join(group, 'cgroup.controllers'));
  const withheld = missing.filter((controller) => !given.includes(controller));
  return withheld.length === 0 ? null : `${group} has no ${withheld.join(' and ')} controller to hand down`;
}

function settings(input: { readonly group: CompanionCgroup; readonly limits: CompanionLimits }) {
  const { group, limits } = input;
  const bytes = String(limits.memoryMiB * BYTES_PER_MIB);
  const quota = String(Math.max(LEAST_QUOTA_US, Math.round((limits.cpuMillicores * PERIOD_US) / 1000)));
  const needed = { needed: true };
  if (group.version === 2) {
    return [
      { file: join(group.memory, 'memory.max'), text: bytes, ...needed },
      // Swap would be a way round the limit.
      { file: join(group.memory, 'memory.swap.max'), text: '0', needed: false },
      { file: join(group.cpu, 'cpu.max'), text: `${quota} ${PERIOD_US}`, ...needed },
    ];
  }
  return [
    { file: join(group.memory, 'memory.limit_in_bytes'), text: bytes, ...needed },
    { file: join(group.memory, 'memory.memsw.limit_in_bytes'), text: bytes, needed: false },
    { file: join(group.cpu, 'cpu.cfs_period_us'), text: String(PERIOD_US), ...needed },
    { file: join(group.cpu, 'cpu.cfs_quota_us'), text: quota, ...needed },
  ];
}

function directoriesOf({ memory, cpu, cpuacct }: CompanionCgroup): readonly string[] {
  return [...new Set([memory, cpu, cpuacct])];
}

/** The directory above, where there is one for this group alone. */
function shieldOf({ version, memory }: CompanionCgroup): readonly string[] {
  return version === 2 ? [dirname(memory)] : [];
}

function wordsOf(path: string): readonly string[] {
  return textOf(path).trim().split(' ');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
