import { describe, expect, it } from 'vitest';
import { cgroupPlaces } from '../../../../src/cluster/host/companions/cgroup-place.ts';
import { type ReadGroupFile, cgroupUsage } from '../../../../src/cluster/host/companions/cgroup-usage.ts';
import { usageFrom } from '../../../../src/cluster/host/companions/process-usage.ts';
import { UNKNOWN_USAGE } from '../../../../src/evidence/unknown-usage.ts';

const separate = `24 1 0:21 / /proc rw - proc proc rw
31 25 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
33 25 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;
const unified = '31 25 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot';

describe('the place of a cgroup with limits', () => {
  it('is in each of the separate hierarchies, below the group of this process', () => {
    const ownCgroups = '9:name=systemd:/\n4:memory:/some/group\n2:cpu,cpuacct:/\n0::/';
    expect(cgroupPlaces({ mountInfo: separate, ownCgroups })).toEqual([
      {
        version: 1,
        memory: '/sys/fs/cgroup/memory/some/group',
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
      },
    ]);
  });

  it('is in the one hierarchy for all, as near to this process as it may be', () => {
    const places = cgroupPlaces({ mountInfo: unified, ownCgroups: '0::/user.slice/session-1.scope' });
    expect(places.map(({ version, memory }) => [version, memory])).toEqual([
      [2, '/sys/fs/cgroup/user.slice/session-1.scope'],
      [2, '/sys/fs/cgroup/user.slice'],
      [2, '/sys/fs/cgroup'],
    ]);
  });

  it.each([
    ['only a part of the hierarchy is mounted', '/docker/abc', '0::/docker/abc/inner', '/sys/fs/cgroup/inner'],
    ['the group lies outside of what is mounted', '/docker/abc', '0::/elsewhere', '/sys/fs/cgroup'],
  ])('is right where %s', (_, root, ownCgroups, place) => {
    const mountInfo = unified.replace(' / /sys', ` ${root} /sys`);
    expect(cgroupPlaces({ mountInfo, ownCgroups })[0]?.memory).toBe(place);
  });

  it('is nowhere where the hierarchy is mounted from outside of the cgroup namespace of this process', () => {
    // Linux 6.1: a group there can be made, and to enter it is an input/output error.
    const mountInfo = '38 23 0:32 /.. /sys/fs/cgroup rw,nosuid shared:11 - cgroup2 cgroup2 rw,nsdelegate';
    expect(cgroupPlaces({ mountInfo, ownCgroups: '0::/' })).toEqual([]);
    expect(cgroupPlaces({ mountInfo: mountInfo.replace('/..', '/../..'), ownCgroups: '0::/worker' })).toEqual([]);
  });

  it('is nowhere on a machine without', () => {
    expect(cgroupPlaces({ mountInfo: '24 1 0:21 / /proc rw - proc proc rw', ownCgroups: '' })).toEqual([]);
    expect(cgroupPlaces({ mountInfo: '', ownCgroups: '' })).toEqual([]);
  });
});

describe('what a cgroup says of its use', () => {
  const from =
    (files: Readonly<Record<string, string>>): ReadGroupFile =>
    ({ name }) =>
      files[name] ?? null;

  it('is read from the separate hierarchies', () => {
    const read = from({
      'memory.usage_in_bytes': '1000\n',
      'memory.max_usage_in_bytes': '2000\n',
      'memory.limit_in_bytes': '26214400\n',
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      'cpu.cfs_quota_us': '3000\n',
      'cpu.cfs_period_us': '100000\n',
      'cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 2500000000\n',
      'cpuacct.usage': '1500000000\n',
    });
    expect(cgroupUsage({ version: 1, read })).toEqual({
      memoryBytes: 1_000,
      peakMemoryBytes: 2_000,
      memoryLimitBytes: 26_214_400,
      cpuLimitMillicores: 30,
      cpuSeconds: 1.5,
      periods: 10,
      throttledPeriods: 4,
      throttledSeconds: 2.5,
      oomKills: 3,
    });
  });

  // As Linux 6.1 wrote them, of a group in which one program was killed and another one held back.
  const files = {
    'memory.current': '4096\n',
    'memory.peak': '67108864\n',
    'memory.max': '67108864\n',
    'memory.events': 'low 0\nhigh 0\nmax 38\noom 1\noom_kill 1\noom_group_kill 0\n',
    'cpu.max': '10000 100000\n',
    'cpu.stat':
      'usage_usec 1655337\nuser_usec 499787\nsystem_usec 1155550\nnr_periods 169\nnr_throttled 163\nthrottled_usec 14606740\nnr_bursts 0\nburst_usec 0\n',
  };

  it('is read from the one hierarchy for all', () => {
    expect(cgroupUsage({ version: 2, read: from(files) })).toEqual({
      memoryBytes: 4_096,
      peakMemoryBytes: 67_108_864,
      memoryLimitBytes: 67_108_864,
      cpuLimitMillicores: 100,
      cpuSeconds: 1.655337,
      periods: 169,
      throttledPeriods: 163,
      throttledSeconds: 14.60674,
      oomKills: 1,
    });
  });

  it('has no limit where none is set, and nothing that the kernel does not tell', () => {
    const one = from({
      'memory.limit_in_bytes': '9223372036854771712',
      'cpu.cfs_quota_us': '-1',
      'cpu.cfs_period_us': '100000',
    });
    const other = from({ 'memory.max': 'max', 'cpu.max': 'max 100000' });
    const { restarts: _restarts, ...nothing } = UNKNOWN_USAGE;
    expect(cgroupUsage({ version: 1, read: one })).toEqual(nothing);
    expect(cgroupUsage({ version: 2, read: other })).toEqual(nothing);
  });
});

it('a process without a cgroup of its own tells its memory, its peak and its CPU time', () => {
  const status = 'Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t   52000 kB\nVmRSS:\t   48000 kB\n';
  const stat = '77 (a (b) c) S 1 77 77 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 5 6 7';
  expect(usageFrom({ status, stat })).toMatchObject({
    memoryBytes: 48_000 * 1024,
    peakMemoryBytes: 52_000 * 1024,
    memoryLimitBytes: null,
    cpuSeconds: 3,
  });
});
