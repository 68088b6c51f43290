// Holds a program to so much memory and CPU by the kernel itself, and reads what it used: for tests and benches alike.
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFirstCgroup } from './cgroup-first.ts';
import type { Cgroup, CgroupLimits, CgroupMount } from './cgroup-model.ts';
import { createSecondCgroup, INSIDE } from './cgroup-second.ts';

const NAME = /^proxybench-(\d+)-\d+$/;

let made = 0;

/**
 * Makes a group with these limits; cgroup v1 where the memory controller is there, else v2.
 * @throws Error when this machine does not let it
 */
export function createCgroup({ limits }: { readonly limits: CgroupLimits }): Cgroup {
  made += 1;
  const request = { name: `proxybench-${process.pid}-${made}`, limits, mounts: cgroupMounts() };
  forgetTheDead(request.mounts);
  const isFirst = request.mounts.some(({ options, type }) => type === 'cgroup' && options.includes('memory'));
  return isFirst ? createFirstCgroup(request) : createSecondCgroup(request);
}

/** One line why no limited group can be made here, or null where it can: the reason that a test is skipped with. */
export async function whyNoCgroup(): Promise<string | null> {
  try {
    await createCgroup({ limits: { memoryMiB: 25, cpuMillicores: 500 } }).remove();
    return null;
  } catch (error) {
    return `no cgroup with limits can be made here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Removes the groups of makers that died before they could. */
function forgetTheDead(mounts: readonly CgroupMount[]): void {
  for (const { place } of mounts) {
    for (const name of readdirSync(place)) {
      const maker = NAME.exec(name)?.[1];
      if (maker === undefined || existsSync(join('/proc', maker))) continue;
      try {
        const inside = join(place, name, INSIDE);
        if (existsSync(inside)) rmdirSync(inside);
        rmdirSync(join(place, name));
      } catch {
        // Somebody still runs inside, and is not ours to end.
      }
    }
  }
}

function cgroupMounts(): readonly CgroupMount[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, place = '', type, options = ''] = line.split(' ');
      return type === 'cgroup' || type === 'cgroup2' ? [{ place, type, options: options.split(',') }] : [];
    });
}
