import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type CompanionCgroup,
  cgroupCandidates,
  makeCgroup,
  readCgroup,
  removeCgroup,
} from '../../src/cluster/host/companions/cgroup.ts';
import { whyNoLimits } from '../support/companion-plan.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const limits = { memoryMiB: 64, cpuMillicores: 100 };
const why = whyNoLimits();

test.skipIf(why !== null)(
  `its limits cannot be taken back by who owns the group above, as systemd does${why === null ? '' : ` (${why})`}`,
  () => {
    const candidates = cgroupCandidates(`proxybench-kept-${process.pid}`);
    const group = candidates.find((candidate) => makeCgroup({ group: candidate, limits }) === null);
    if (group === undefined) throw new Error('no group was made');
    // Of version 1 every group in a hierarchy has its controller, and nobody can take it away.
    if (group.version === 2) {
      const control = join(dirname(dirname(group.memory)), 'cgroup.subtree_control');
      expect(() => writeFileSync(control, '-cpu')).toThrow('EBUSY');
      expect(() => writeFileSync(control, '-memory')).toThrow('EBUSY');
    }
    const kept = { cpuLimitMillicores: 100, memoryLimitBytes: 64 * 1024 * 1024, oomKills: 0 };
    expect(readCgroup(group)).toMatchObject(kept);
    expect(removeCgroup(group)).toEqual([]);
    expect(existsSync(group.version === 2 ? dirname(group.memory) : group.memory)).toBe(false);
  },
);

test('it is said which limits the group above cannot hand down', () => {
  const above = temporaryDirectory('group-above');
  writeFileSync(join(above, 'cgroup.controllers'), 'memory pids\n');
  const place = join(above, 'name', 'inside');
  const group: CompanionCgroup = { version: 2, memory: place, cpu: place, cpuacct: place };
  expect(makeCgroup({ group, limits })).toBe(`${above} has no cpu controller to hand down`);
});
