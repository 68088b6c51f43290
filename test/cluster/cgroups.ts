// The cgroup below which all Pods of the cluster live: made before kubelet starts, emptied and removed by `down`.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './layout.ts';

const ROOT = '/sys/fs/cgroup';

/** The cgroup's directory in each mounted hierarchy, made or not. */
function directories(): readonly string[] {
  if (isUnified()) return [join(ROOT, CGROUP)];
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(ROOT, entry.name, CGROUP));
}

/** Makes it in every hierarchy. */
export function makeCgroup(): void {
  for (const directory of directories()) {
    mkdirSync(directory, { recursive: true });
    const parent = join(directory, '..');
    // The older cpuset hierarchy accepts no process in a group without processors and memory.
    for (const name of ['cpuset.cpus', 'cpuset.mems']) {
      const file = join(directory, name);
      if (!isUnified() && existsSync(file)) writeFileSync(file, readFileSync(join(parent, name), 'utf8').trim());
    }
    if (!isUnified()) continue;
    const controllers = readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const enable = controllers.map((name) => `+${name}`).join(' ');
    for (const place of [ROOT, directory]) writeFileSync(join(place, 'cgroup.subtree_control'), enable);
  }
}

/**
 * The file into which a component writes its pid before it becomes its program. A cgroup outlasts what the environment
 * of a process does not: sshd overwrites its own.
 */
export function makeComponentsCgroup(): string {
  const own = directories();
  const place = own.find((directory) => directory.startsWith(join(ROOT, 'systemd'))) ?? own[0] ?? '';
  const group = join(place, 'components');
  mkdirSync(group, { recursive: true });
  return join(group, 'cgroup.procs');
}

/** Processes in it or in any group below it. */
export function processesInCgroup(): readonly number[] {
  const pids = directories().flatMap((directory) =>
    groupsBelow(directory).flatMap((group) =>
      unlessGone(() => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)),
    ),
  );
  return [...new Set(pids)];
}

/** Removes the empty groups; gives those that could not be removed. */
export function removeCgroup(): readonly string[] {
  return directories()
    .flatMap((directory) => groupsBelow(directory).toReversed())
    .filter((group) => {
      try {
        rmdirSync(group);
        return false;
      } catch {
        return existsSync(group);
      }
    });
}

/** The group's directory in each hierarchy where it exists. */
export function existingCgroups(): readonly string[] {
  return directories().filter((directory) => existsSync(directory));
}

/** Parents before children. */
function groupsBelow(directory: string): readonly string[] {
  return unlessGone(() => {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [directory, ...children.flatMap((entry) => groupsBelow(join(directory, entry.name)))];
  });
}

/** Nothing of a group that is not there, or was removed while it was read. */
function unlessGone<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (thrown) {
    if (['ENOENT', 'ENODEV'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return [];
    throw thrown;
  }
}

function isUnified(): boolean {
  return existsSync(join(ROOT, 'cgroup.controllers'));
}
