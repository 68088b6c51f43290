// Where on this machine a cgroup with limits may be made: below the one that this process is in. Pure.
import { join, relative } from 'node:path';

/** The directories in which one is made; all the same where there is one hierarchy for all. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly cpu: string;
  readonly cpuacct: string;
}

interface Mount {
  readonly type: string;
  /** What of the hierarchy is mounted. */
  readonly root: string;
  readonly at: string;
  readonly options: readonly string[];
}

/**
 * The places to try, best first; none on a machine without. `mountInfo` and `ownCgroups` are the texts of
 * /proc/self/mountinfo and /proc/self/cgroup. With one hierarchy for all (version 2) a group that holds processes can
 * have none with limits below it, so the groups above follow.
 */
export function cgroupPlaces(input: {
  readonly mountInfo: string;
  readonly ownCgroups: string;
}): readonly CgroupPlace[] {
  const mounts = input.mountInfo.split('\n').flatMap(mountOf);
  const own = input.ownCgroups.split('\n').flatMap(ownPathOf);
  const [memory, cpu, cpuacct] = (['memory', 'cpu', 'cpuacct'] as const).map((controller) => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    const path = own.find(({ controllers }) => controllers.includes(controller))?.path;
    return mount === undefined ? undefined : below({ mount, path });
  });
  if (memory !== undefined && cpu !== undefined && cpuacct !== undefined) {
    return [{ version: 1, memory, cpu, cpuacct }];
  }
  const unified = mounts.find(({ type, root }) => type === 'cgroup2' && !isAbove(root));
  if (unified === undefined) return [];
  const path = own.find(({ controllers }) => controllers.length === 0)?.path;
  return upTo({ from: below({ mount: unified, path }), top: unified.at }).map((place) => ({
    version: 2,
    memory: place,
    cpu: place,
    cpuacct: place,
  }));
}

/** `36 25 0:31 / /sys/fs/cgroup/memory rw,nosuid shared:15 - cgroup cgroup rw,memory` */
function mountOf(line: string): readonly Mount[] {
  const [before = '', after = ''] = line.split(' - ', 2);
  const [, , , root, at] = before.split(' ');
  const [type = '', , options = ''] = after.split(' ');
  return root === undefined || at === undefined || !type.startsWith('cgroup')
    ? []
    : [{ type, root, at, options: options.split(',') }];
}

/** `4:memory:/some/group`, with one hierarchy for all `0::/some/group`. */
function ownPathOf(line: string): readonly { readonly controllers: readonly string[]; readonly path: string }[] {
  const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
  if (match === null) return [];
  const [, controllers = '', path = ''] = match;
  return [{ controllers: controllers === '' ? [] : controllers.split(','), path }];
}

/**
 * Of a mount from outside this process's cgroup namespace the kernel tells that its root is `/..` or higher. Groups can be
 * made in there, and entered by nobody in here.
 */
function isAbove(root: string): boolean {
  return root === '/..' || root.startsWith('/../');
}

/** The group's directory; the mount itself where the group is not below what is mounted. */
function below(input: { readonly mount: Mount; readonly path: string | undefined }): string {
  const { mount, path } = input;
  const inside = path === undefined ? '' : relative(mount.root, path);
  return inside === '' || inside.startsWith('..') ? mount.at : join(mount.at, inside);
}

function upTo(input: { readonly from: string; readonly top: string }): readonly string[] {
  const { from, top } = input;
  return from === top ? [top] : [from, ...upTo({ from: join(from, '..'), top })];
}
