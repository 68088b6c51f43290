import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { endProcesses, findMarkedProcesses } from '../../../src/processes/end-processes.ts';
import { identifyProcess, isRunning } from '../../../src/processes/process-identity.ts';
import { startProcessGroup } from '../../../src/processes/process-group.ts';
import type { ProcessGroup } from '../../../src/processes/process-group.ts';
import { parsePsListing, parseStat } from '../../../src/processes/process-table.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
const started: ProcessGroup[] = [];

afterEach(async () => {
  await endProcesses({ leaders: started.splice(0).map((group) => group.leader), graceMs: 0 });
});

/** Starts a shell script and waits for its first output. */
async function startScript(input: {
  readonly script: string;
  readonly env?: Record<string, string>;
}): Promise<ProcessGroup> {
  const group = await startProcessGroup({
    command: ['sh', '-c', input.script],
    env: { ...env, ...input.env },
    cwd: '/',
    output: 'pipe',
  });
  started.push(group);
  if (group.child.stdout !== null) {
    await once(group.child.stdout, 'data');
  }
  return group;
}

/** While a program takes another's place, its environment is not to be read for a moment. */
async function untilOneIsMarked(value: string): Promise<void> {
  await expect.poll(() => findMarkedProcesses({ name: 'MARK', value }).length, { timeout: 10_000 }).toBe(1);
}

test('a process is itself until it ends', async () => {
  const group = await startScript({ script: 'echo ready; exec sleep 300' });
  expect(isRunning(group.leader)).toBe(true);
  expect(identifyProcess(group.leader.pid)).toEqual(group.leader);
  await endProcesses({ leaders: [group.leader], graceMs: 5_000 });
  expect(isRunning(group.leader)).toBe(false);
  expect(identifyProcess(group.leader.pid)).toBeNull();
});

test('a program that cannot be started is told by the system’s own error', async () => {
  const starting = startProcessGroup({ command: ['no-such-program-here'], env, cwd: '/', output: 'pipe' });
  await expect(starting).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a stranger under a recycled pid is left alone', async () => {
  const stranger = await startScript({ script: 'echo ready; exec sleep 300' });
  const { left } = await endProcesses({ leaders: [{ pid: stranger.leader.pid, startToken: 'long ago' }], graceMs: 0 });
  expect(left).toEqual([]);
  expect(isRunning(stranger.leader)).toBe(true);
});

test('a polite end lets the program finish by its own code', async () => {
  const group = await startScript({ script: 'trap "exit 7" TERM; echo ready; while :; do sleep 300 & wait; done' });
  await endProcesses({ leaders: [group.leader], graceMs: 10_000 });
  expect(await group.exited).toEqual({ code: 7, signal: null });
});

test('what ignores SIGTERM is killed when the grace is over', async () => {
  const group = await startScript({ script: 'trap "" TERM; echo ready; sleep 300' });
  const { left } = await endProcesses({ leaders: [group.leader], graceMs: 50 });
  expect(left).toEqual([]);
  expect(await group.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('members of the group go with it although its leader has ended before', async () => {
  const group = await startScript({ script: 'sleep 300 & echo $!', env: { MARK: 'leaderless' } });
  await group.exited;
  await untilOneIsMarked('leaderless');
  await endProcesses({ leaders: [group.leader], marker: { name: 'MARK', value: 'leaderless' }, graceMs: 0 });
  expect(findMarkedProcesses({ name: 'MARK', value: 'leaderless' })).toEqual([]);
});

test('without a marker the rest of a group is its ended leader’s own, with one it has to prove it', async () => {
  const group = await startScript({ script: 'sleep 300 & echo $!', env: { MARK: 'headless' } });
  await group.exited;
  await endProcesses({ leaders: [group.leader], marker: { name: 'MARK', value: 'another' }, graceMs: 0 });
  await untilOneIsMarked('headless');
  await endProcesses({ leaders: [group.leader], graceMs: 0 });
  expect(findMarkedProcesses({ name: 'MARK', value: 'headless' })).toEqual([]);
});

test('a child that left the group and hid its environment is found through its parent', async () => {
  const group = await startScript({
    script: 'env -i setsid sh -c "echo \\$\\$; exec sleep 300"; sleep 300',
    env: { MARK: 'hidden' },
  });
  const children = spawn('ps', ['-A', '-o', 'ppid=,pid=']);
  const listing = (await children.stdout.toArray()).join('');
  const child = identifyProcess(Number(new RegExp(`^\\s*${group.leader.pid}\\s+(\\d+)`, 'm').exec(listing)?.[1]));
  expect(child).not.toBeNull();
  await endProcesses({ leaders: [group.leader], marker: { name: 'MARK', value: 'hidden' }, graceMs: 0 });
  expect(child === null || isRunning(child)).toBe(false);
});

test('an orphan that left the group is found by its marker', async () => {
  const group = await startScript({
    script: 'setsid sh -c "echo ready; exec sleep 300" & exit 0',
    env: { MARK: 'orphan' },
  });
  await group.exited;
  await untilOneIsMarked('orphan');
  expect(findMarkedProcesses({ name: 'MARK', value: 'orph' })).toEqual([]);
  await endProcesses({ marker: { name: 'MARK', value: 'orphan' }, graceMs: 0 });
  expect(findMarkedProcesses({ name: 'MARK', value: 'orphan' })).toEqual([]);
});

test('an undetached marked child goes without taking this process’s own group along', async () => {
  const child = spawn('sh', ['-c', 'echo ready; exec sleep 300'], { env: { ...env, MARK: 'sibling' } });
  await once(child.stdout, 'data');
  const bystander = spawn('sleep', ['300'], { env });
  await once(bystander, 'spawn');
  await endProcesses({ marker: { name: 'MARK', value: 'sibling' }, graceMs: 0 });
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  bystander.kill('SIGKILL');
  await once(bystander, 'exit');
});

test('a program’s name cannot confuse the reading of its state', () => {
  const fields = ['7', '8', '8', ...Array.from({ length: 15 }, () => '0'), '4711', '0'];
  const stat = `42 (odd) S 1) S ${fields.join(' ')}`;
  expect(parseStat({ pid: 42, stat, boot: 'b' })).toEqual({ pid: 42, parentPid: 7, groupId: 8, startToken: '4711@b' });
  expect(parseStat({ pid: 42, stat: stat.replace(') S 7', ') Z 7'), boot: 'b' })).toBeNull();
});

test('a listing by ps gives the same facts, zombies left out', () => {
  const listing = '  42   7   8 Ss   Mon Nov  2 10:00:00 2026\n  43   7   8 Z+   Mon Nov  2 10:00:01 2026\n';
  expect(parsePsListing(listing)).toEqual([
    { pid: 42, parentPid: 7, groupId: 8, startToken: 'Mon Nov 2 10:00:00 2026' },
  ]);
});
