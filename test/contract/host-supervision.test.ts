import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostJob, toHostJob } from '../../src/cluster/host/host-job.ts';
import { runDirectory } from '../../src/cluster/host/run-directory.ts';
import type { RunDirectory } from '../../src/cluster/host/run-directory.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { ProcessIdentity } from '../../src/processes/process-identity.ts';
import { identifyProcess, isRunning } from '../../src/processes/process-identity.ts';
import { openHostFixture } from '../support/host-fixture.ts';
import type { HostFixture } from '../support/host-fixture.ts';
import { readToEnd, untilLogged } from './cluster-contract.ts';

const never = new AbortController().signal;
const endless = `setsid sh -c 'trap "" TERM; echo away; sleep 300; sleep 300' & trap "" TERM; while :; do sleep 300; done`;
let fixture: HostFixture;

beforeEach(async () => {
  fixture = await openHostFixture({ deadlineMarginMs: 400 });
});
afterEach(async () => {
  await fixture.dispose();
});

function directoryOf(plan: Plan): RunDirectory {
  return runDirectory({ stateDir: fixture.stateDir, jobName: plan.jobName });
}

async function supervisorOf(plan: Plan): Promise<ProcessIdentity> {
  const claim = JSON.parse(await readFile(directoryOf(plan).claimFile, 'utf8')) as { readonly holder: ProcessIdentity };
  return claim.holder;
}

/** What still runs of a Job that has ended; its supervisor may be just about to. */
async function straysOf(plan: Plan): Promise<readonly string[]> {
  const supervisor = String((await supervisorOf(plan)).pid);
  return (await fixture.running(plan)).filter((pid) => pid !== supervisor);
}

/** Leaves a Job as a crash between writing it down and claiming it would. */
async function writeUnclaimedJob(input: { readonly plan: Plan; readonly createdAtMs: number }): Promise<void> {
  await mkdir(directoryOf(input.plan).root, { recursive: true });
  const job = toHostJob({ ...input, owner: null, deadlineMarginMs: 60_000 });
  await createHostJob({ directory: directoryOf(input.plan), job });
}

test('a Job whose supervisor was killed is lost, its stage failed, and nothing of it keeps running', async () => {
  const { cluster, again } = fixture;
  const plan = fixture.plan({
    scripts: { one: endless, two: 'true' },
    plan: { cleanUp: { keepFinishedMs: 0, stopGraceMs: 100 } },
  });
  await cluster.apply({ plan, signal: never });
  const { cursor } = await cluster.nextTransitions({ plan, cursor: null, signal: never });
  await untilLogged({ cluster, plan, stage: 'one', text: 'away\n' });

  const waiting = [cluster, again].map((client) => client.nextTransitions({ plan, cursor, signal: never }));
  process.kill((await supervisorOf(plan)).pid, 'SIGKILL');
  const [page, other] = await Promise.all(waiting);
  expect(page?.job).toBe('lost');
  expect(page?.transitions).toEqual([
    { stage: 'one', phase: 'failed', atMs: expect.any(Number), reason: 'supervisor vanished' },
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: 'supervisor vanished' },
  ]);
  expect(other).toEqual(page);
  expect(await fixture.running(plan)).toEqual([]);
  expect((await cluster.readJob({ namespace: 'default', jobName: plan.jobName }))?.state).toBe('lost');
  expect(await cluster.apply({ plan, signal: never })).toEqual({ created: false });
  expect(await fixture.running(plan)).toEqual([]);
});

test('stopping a Job whose supervisor was killed ends its orphans and calls it stopped', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: endless } });
  await cluster.apply({ plan, signal: never });
  await untilLogged({ cluster, plan, stage: 'one', text: 'away\n' });
  process.kill((await supervisorOf(plan)).pid, 'SIGKILL');
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 100 });
  expect(await fixture.running(plan)).toEqual([]);
  expect((await readToEnd({ cluster, plan })).job).toBe('stopped');
});

test('a supervisor that does not answer a stop is ended with the rest', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: endless } });
  await cluster.apply({ plan, signal: never });
  await untilLogged({ cluster, plan, stage: 'one', text: 'away\n' });
  process.kill((await supervisorOf(plan)).pid, 'SIGSTOP');
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 50 });
  expect(await fixture.running(plan)).toEqual([]);
  expect((await readToEnd({ cluster, plan })).job).toBe('stopped');
});

test('a stage that ends by its own choice within the grace keeps its exit code', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'trap "exit 9" TERM; echo ready; while :; do sleep 300 & wait; done' } });
  await cluster.apply({ plan, signal: never });
  await untilLogged({ cluster, plan, stage: 'one', text: 'ready\n' });
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 20_000 });
  const { transitions } = await readToEnd({ cluster, plan });
  expect(transitions.slice(1)).toEqual([
    { stage: 'one', phase: 'failed', atMs: expect.any(Number), exitCode: 9, reason: 'stopped' },
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: 'stopped' },
  ]);
});

test('the stages go on when whoever started them was killed', async () => {
  const { cluster } = fixture;
  const scripts = { one: 'echo ready; until [ -e ../../../go-on ]; do sleep 0.05; done', two: 'echo done' };
  const plan = fixture.plan({ scripts });
  const program = join(import.meta.dirname, '../support/apply-and-wait.ts');
  const starter = spawn(process.execPath, [program, fixture.stateDir, JSON.stringify(plan)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(starter.stdout, 'data');
  await untilLogged({ cluster, plan, stage: 'one', text: 'ready\n' });
  process.kill(-(starter.pid ?? 0), 'SIGKILL');
  await once(starter, 'exit');
  await writeFile(join(directoryOf(plan).root, 'go-on'), '');
  const { transitions, job } = await readToEnd({ cluster, plan });
  expect(job).toBe('succeeded');
  expect(transitions).toHaveLength(5);
});

test('a Job written down before a crash is started by the next apply', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'true' } });
  await writeUnclaimedJob({ plan, createdAtMs: Date.now() });
  expect((await cluster.readJob({ namespace: 'default', jobName: plan.jobName }))?.state).toBe('running');
  expect(await cluster.apply({ plan, signal: never })).toEqual({ created: false });
  expect((await readToEnd({ cluster, plan })).job).toBe('succeeded');
});

test('a Job that nobody ever started is lost, and can no longer be started', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'true' } });
  await writeUnclaimedJob({ plan, createdAtMs: Date.now() - 60_000 });
  expect((await readToEnd({ cluster, plan })).job).toBe('lost');
  await cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster, plan })).transitions).toHaveLength(1);
});

test('a Job stopped before it was started never starts', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'true' } });
  await writeUnclaimedJob({ plan, createdAtMs: Date.now() });
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 0 });
  await cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster, plan })).transitions).toEqual([
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: 'stopped' },
  ]);
  expect(await supervisorOf(plan)).toEqual(identifyProcess(process.pid));
});

test('the account of a Job that has ended grows no more, however often it is stopped', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'true' } });
  await cluster.apply({ plan, signal: never });
  await readToEnd({ cluster, plan });
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 0 });
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 0 });
  expect((await readFile(directoryOf(plan).transitions, 'utf8')).trim().split('\n')).toHaveLength(3);
});

test('strangers that came by the pids of a dead run are left alone', async () => {
  const { cluster } = fixture;
  const stranger = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  await once(stranger, 'spawn');
  const pid = stranger.pid ?? 0;
  const identity = identifyProcess(pid);
  const plan = fixture.plan({ scripts: { one: 'true' } });
  await writeUnclaimedJob({ plan, createdAtMs: Date.now() });
  const before = { pid, startToken: 'another life' };
  await writeFile(directoryOf(plan).claimFile, JSON.stringify({ holder: before, role: 'supervisor' }));
  await writeFile(directoryOf(plan).stageProcessFile, JSON.stringify({ stage: 'one', leader: before }));
  expect((await readToEnd({ cluster, plan })).job).toBe('lost');
  await cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 0 });
  expect(identity !== null && isRunning(identity)).toBe(true);
  stranger.kill('SIGKILL');
  await once(stranger, 'exit');
});

test('a Job that everybody has forgotten is ended by its own supervisor', async () => {
  const { cluster } = fixture;
  const cleanUp = { keepFinishedMs: 3_600_000, stopGraceMs: 50 };
  const plan = fixture.plan({ scripts: { one: endless, two: 'true' }, plan: { deadlineMs: 9_600, cleanUp } });
  await cluster.apply({ plan, signal: never });
  const { transitions, job } = await readToEnd({ cluster, plan });
  expect(job).toBe('failed');
  expect(transitions.slice(1)).toEqual([
    { stage: 'one', phase: 'failed', atMs: expect.any(Number), exitCode: 137, reason: 'active deadline' },
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: 'active deadline' },
  ]);
  expect(await straysOf(plan)).toEqual([]);
});

test('what a stage leaves running in the background ends with the stage', async () => {
  const { cluster } = fixture;
  const scripts = {
    one: 'sleep 300 & setsid sh -c "echo away; sleep 300" & while ! grep -q away ../../../logs/one.log; do sleep 0.05; done',
    two: 'true',
  };
  const plan = fixture.plan({ scripts });
  await cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster, plan })).job).toBe('succeeded');
  expect(await straysOf(plan)).toEqual([]);
  await cluster.cleanUp({ plan });
  expect(await fixture.running(plan)).toEqual([]);
});

test('a program that does not exist fails its stage, and the log says so', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: '' }, stage: {} });
  const broken = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, command: ['no-such-program-here'] })) };
  await cluster.apply({ plan: broken, signal: never });
  const { transitions, job } = await readToEnd({ cluster, plan: broken });
  expect(job).toBe('failed');
  expect(transitions[1]).toMatchObject({
    stage: 'one',
    phase: 'failed',
    exitCode: 127,
    reason: expect.stringContaining('ENOENT'),
  });
  expect(
    (await cluster.readLog({ namespace: 'default', jobName: plan.jobName, stage: 'one', maxBytes: 1_000 })).text,
  ).toContain('no-such-program-here');
});

test('a stage killed from outside fails with the signal’s name', async () => {
  const { cluster } = fixture;
  const plan = fixture.plan({ scripts: { one: 'kill -KILL $$' } });
  await cluster.apply({ plan, signal: never });
  const { transitions } = await readToEnd({ cluster, plan });
  expect(transitions.slice(1)).toEqual([
    { stage: 'one', phase: 'failed', atMs: expect.any(Number), exitCode: 137, reason: 'signal SIGKILL' },
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: 'stage one: signal SIGKILL' },
  ]);
});
