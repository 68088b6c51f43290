import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError, UnreachableError } from '../../src/errors/errors.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import { runWorkflowId } from '../../src/temporal/names.ts';
import { type Runs, createRuns } from '../../src/temporal/runs.ts';
import { buildPlan, buildStage } from '../support/plan-builder.ts';
import { type Script, scriptedActivities } from '../support/scripted-activities.ts';
import { type WorkflowHost, startWorkflowHost } from '../support/workflow-host.ts';

let host: WorkflowHost;
beforeAll(async () => {
  host = await startWorkflowHost();
});
afterAll(async () => {
  await host.close();
});

const PLAN = buildPlan({
  kind: 'k3s-real-deps',
  runId: 'scripted',
  stages: [buildStage({ name: 'npm-install', failureFamily: 'npm-download' })],
});
const SERIES = emptySeries({ atMs: 0, intervalMs: 1_000 });
const PASSING: Script = {
  plan: PLAN,
  series: SERIES,
  pages: [
    [
      {
        transitions: [
          { stage: 'npm-install', phase: 'started', atMs: 1 },
          { stage: 'npm-install', phase: 'finished', atMs: 2 },
        ],
        cursor: '1',
        job: 'succeeded',
      },
    ],
  ],
};
/** Never tells anything: a run that goes on until somebody ends it. */
const WAITING: Script = { plan: PLAN, series: SERIES, pages: [[]] };

async function serving<T>(
  script: Script,
  use: (input: { runs: Runs; waiting: Promise<void> }) => Promise<T>,
): Promise<T> {
  const scripted = scriptedActivities(script);
  return await host.withWorker(scripted.activities, (taskQueue) =>
    use({ runs: createRuns({ client: host.client, taskQueue }), waiting: scripted.waiting }),
  );
}

/** The store of runs lags a little behind the runs. */
const WITHIN = { timeout: 20_000 };

/** What it lists of the filter, once that is something. */
async function listed(
  runs: Runs,
  filter: Parameters<Runs['listRuns']>[0],
): Promise<Awaited<ReturnType<Runs['listRuns']>>> {
  return await expect
    .poll(() => runs.listRuns(filter), WITHIN)
    .not.toEqual([])
    .then(() => runs.listRuns(filter));
}

const newName = (): string => `t-${randomUUID().slice(0, 8)}`;

describe('starting a fleet', () => {
  it('gives every id at once, and each run is found under it with its result', async () => {
    await serving(PASSING, async ({ runs }) => {
      const target = newName();
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [target], maxParallel: 1 });
      const [run] = fleet.runs;
      expect(fleet.runs).toEqual([{ target, runId: run?.runId, workflowId: runWorkflowId(run?.runId ?? '') }]);
      expect(run?.runId).toMatch(/^[a-z][a-z0-9]{11}$/);
      await expect.poll(() => runs.find(run?.workflowId ?? ''), WITHIN).not.toBeNull();
      const end = await runs.endOf({ workflowId: run?.workflowId ?? '' });
      expect(end).toMatchObject({ kind: 'result', result: { verdict: { outcome: 'passed' } } });
      expect(await runs.fleetStatusOf(fleet.workflowId)).toMatchObject({ fleetId: fleet.fleetId, rows: [{ target }] });
    });
  });
});

describe('the list of runs', () => {
  it('finds runs by target, profile and state, also under names that need quoting', async () => {
    await serving(PASSING, async ({ runs }) => {
      const target = `it's ${newName()} 100%`;
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [target], maxParallel: 1 });
      await runs.endOf({ workflowId: fleet.workflowId });
      const [run] = await listed(runs, { target, profile: 'host-deps', state: 'passed', limit: 10 });
      expect(run).toMatchObject({
        run: fleet.runs[0]?.runId,
        target,
        state: 'passed',
        open: false,
        failureFamily: 'none',
        jobName: PLAN.jobName,
      });
      expect(await runs.listRuns({ target, state: 'failed', limit: 10 })).toEqual([]);
    });
  });

  it('calls a run that could never begin an error, and tells every problem of it', async () => {
    const problem = { path: 'target', value: 'nope', message: 'there is no target of this name', hint: 'Known: local' };
    const script: Script = { ...PASSING, failing: { render: new InvalidInputError([problem]) } };
    await serving(script, async ({ runs }) => {
      const target = newName();
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [target], maxParallel: 1 });
      await runs.endOf({ workflowId: fleet.workflowId });
      const [run] = await listed(runs, { target, state: 'error', limit: 1 });
      expect(run).toMatchObject({ target, state: 'error', open: false, jobName: null });
      const end = await runs.endOf({ workflowId: run?.workflowId ?? '' });
      expect(end.kind === 'error' && end.error).toBeInstanceOf(InvalidInputError);
      expect(end).toMatchObject({ error: { problems: [problem] } });
    });
  });
});

describe('a running run', () => {
  it('tells its status, and ends cleanly when it is cancelled with a reason', async () => {
    await serving(WAITING, async ({ runs, waiting }) => {
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [newName()], maxParallel: 1 });
      const workflowId = fleet.runs[0]?.workflowId ?? '';
      await waiting;
      expect(await runs.statusOf(workflowId)).toMatchObject({
        state: 'running',
        stages: [{ name: 'npm-install', state: 'not-started' }],
      });
      expect(await runs.liveTotals(workflowId)).toBeNull();
      expect(await runs.cancelRun({ workflowId, reason: 'enough' })).toBe(true);
      const end = await runs.endOf({ workflowId });
      expect(end).toMatchObject({
        kind: 'result',
        result: { verdict: { outcome: 'cancelled' }, ending: { reason: 'enough' } },
      });
      expect(await runs.cancelRun({ workflowId, reason: 'again' })).toBe(false);
      expect(await runs.cancelNow(workflowId)).toBe(false);
    });
  });

  it("ends as cancelled by Temporal's own cancel", async () => {
    await serving(WAITING, async ({ runs, waiting }) => {
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [newName()], maxParallel: 1 });
      const workflowId = fleet.runs[0]?.workflowId ?? '';
      await waiting;
      expect(await runs.cancelNow(workflowId)).toBe(true);
      expect(await runs.endOf({ workflowId })).toMatchObject({ kind: 'cancelled' });
      expect(await runs.find(workflowId)).toMatchObject({ state: 'cancelled', open: false });
    });
  });

  it('is waited for only as long as the caller wants', async () => {
    await serving(WAITING, async ({ runs, waiting }) => {
      const fleet = await runs.startFleet({ profile: 'host-deps', targets: [newName()], maxParallel: 1 });
      const workflowId = fleet.runs[0]?.workflowId ?? '';
      await waiting;
      const leaving = new AbortController();
      const end = runs.endOf({ workflowId, signal: leaving.signal });
      leaving.abort(new Error('left'));
      await expect(end).rejects.toThrow('left');
      await runs.cancelRun({ workflowId, reason: 'done' });
      await runs.endOf({ workflowId });
    });
  });
});

describe('questions to a target', () => {
  it('are answered through a worker', async () => {
    await serving(PASSING, async ({ runs }) => {
      expect(await runs.inspectTarget({ target: 'local' })).toMatchObject({ target: 'local', job: null });
      expect(await runs.sampleTraffic({ target: 'local', seconds: 1 })).toMatchObject({ target: 'local', seconds: 1 });
    });
  });

  it('tell bad input and an unreachable target apart', async () => {
    const problem = { path: 'target', message: 'there is no target of this name', hint: 'Known: local' };
    await serving({ ...PASSING, failing: { inspect: new InvalidInputError([problem]) } }, async ({ runs }) => {
      await expect(runs.inspectTarget({ target: 'nope' })).rejects.toMatchObject({
        name: 'InvalidInputError',
        problems: [problem],
      });
    });
    await serving(
      { ...PASSING, failing: { inspect: new UnreachableError('no route', 'Check it') } },
      async ({ runs }) => {
        await expect(runs.inspectTarget({ target: 'D601' })).rejects.toMatchObject({
          name: 'UnreachableError',
          message: 'no route',
          hint: 'Check it',
        });
      },
    );
  });

  it('start nothing where no worker polls the queue, and name the command that starts one', async () => {
    const taskQueue = newName();
    const runs = createRuns({ client: host.client, taskQueue });
    await expect(runs.inspectTarget({ target: 'local' })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: `no worker is polling the task queue ${taskQueue}`,
      hint: `Start one: proxybench worker --task-queue ${taskQueue}`,
    });
    expect(await host.client.workflow.count(`TaskQueue = '${taskQueue}'`)).toMatchObject({ count: 0 });
  });
});

describe('what Temporal does not know', () => {
  it('is no run', async () => {
    const runs = createRuns({ client: host.client, taskQueue: newName() });
    expect(await runs.find('never-was')).toBeNull();
    await expect(runs.cancelRun({ workflowId: 'never-was', reason: 'x' })).rejects.toBeInstanceOf(InvalidInputError);
    await expect(runs.endOf({ workflowId: 'never-was' })).rejects.toBeInstanceOf(InvalidInputError);
  });
});
