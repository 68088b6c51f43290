import { once } from 'node:events';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dropFiles, warmFiles } from '../../../bench/metadata-proxy/page-cache.ts';
import { captureCommand } from '../../../src/processes/capture-command.ts';
import { startProcessGroup } from '../../../src/processes/process-group.ts';
import { LENT_BYTES } from '../../../src/profiles/metadata-proxy/lent-memory.ts';
import { createCgroup, whyNoCgroup } from '../../support/cgroup.ts';
import type { Cgroup, CgroupLimits } from '../../support/cgroup-model.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const MIB = 1024 * 1024;
const env = { PATH: process.env['PATH'] ?? '' };
const why = await whyNoCgroup();
const groups: Cgroup[] = [];

afterEach(async () => {
  for (const group of groups.splice(0)) await group.remove();
});

function open(limits: CgroupLimits): Cgroup {
  const group = createCgroup({ limits });
  groups.push(group);
  return group;
}

async function runIn(group: Cgroup, command: readonly string[], timeoutMs = 30_000) {
  return await captureCommand({ command: group.enter(command), env, timeoutMs, maxBytes: 4096 });
}

describe.skipIf(why !== null)(`a group with limits${why === null ? '' : ` (${why})`}`, () => {
  it('kills a program that takes more memory than the group has, and counts it', async () => {
    const group = open({ memoryMiB: 16, cpuMillicores: null });
    const { exit } = await runIn(group, ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1']);
    expect(exit.signal).toBe('SIGKILL');
    const { oomKills, peakBytes } = group.read();
    expect(oomKills).toBe(1);
    expect(peakBytes).toBeLessThanOrEqual(16 * MIB + LENT_BYTES);
    expect(peakBytes).toBeGreaterThan(15 * MIB);
  });

  it('holds a busy program back in its periods', async () => {
    const group = open({ memoryMiB: 16, cpuMillicores: 50 });
    await runIn(group, ['sh', '-c', 'while :; do :; done'], 1_000);
    const { throttledPeriods, periods, throttledSeconds } = group.read();
    expect(throttledPeriods).toBeGreaterThan(0);
    expect(periods).toBeGreaterThanOrEqual(throttledPeriods);
    expect(throttledSeconds).toBeGreaterThan(0);
  });

  it('is charged for the pages of a cold file and not for those of a warm one', async () => {
    const file = join(temporaryDirectory('cold-file'), 'eight-mib');
    await writeFile(file, Buffer.alloc(8 * MIB, 1));
    const cold = open({ memoryMiB: 32, cpuMillicores: null });
    await dropFiles([file]);
    await runIn(cold, ['md5sum', file]);
    expect(cold.read().fileBytes).toBeGreaterThanOrEqual(8 * MIB);

    const warm = open({ memoryMiB: 32, cpuMillicores: null });
    await dropFiles([file]);
    await warmFiles([file]);
    await runIn(warm, ['md5sum', file]);
    expect(warm.read().fileBytes).toBeLessThan(MIB);
  });

  it('refuses to call a file cold while somebody has its pages mapped', async () => {
    const program = join(temporaryDirectory('mapped-file'), 'sleep');
    await copyFile('/bin/sleep', program);
    await chmod(program, 0o755);
    const group = await startProcessGroup({ command: [program, '600'], env, cwd: '/', output: 'pipe' });
    await expect(dropFiles([program])).rejects.toThrow('are still in the page cache');
    process.kill(group.leader.pid, 'SIGKILL');
    await group.exited;
  });

  it('ends what runs inside when it is removed', async () => {
    const group = open({ memoryMiB: 16, cpuMillicores: null });
    const started = await startProcessGroup({
      command: group.enter(['sh', '-c', 'echo inside; exec sleep 600']),
      env,
      cwd: '/',
      output: 'pipe',
    });
    if (started.child.stdout === null) throw new Error('it has no output');
    await once(started.child.stdout, 'data');
    await group.remove();
    expect(await started.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
