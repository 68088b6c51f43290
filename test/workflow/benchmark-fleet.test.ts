import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities, PollResult } from '../../src/activities/contract.ts';
import { withFailureTypes } from '../../src/activities/as-failure.ts';
import { InvalidInputError } from '../../src/errors/errors.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import { runWorkflowId } from '../../src/temporal/names.ts';
import type { benchmarkFleet } from '../../src/workflows/benchmark-fleet.ts';
import { cancelRun, fleetStatus } from '../../src/workflows/messages.ts';
import { buildPlan, buildStage } from '../support/plan-builder.ts';
import { type ScriptedActivities, scriptedActivities } from '../support/scripted-activities.ts';
import { type WorkflowHost, startWorkflowHost } from '../support/workflow-host.ts';

const T0 = Date.UTC(2026, 0, 1);
const PASSED: readonly PollResult[] = [
  {
    cursor: '',
    job: 'succeeded',
    transitions: [
      { stage: 'summary', phase: 'started', atMs: T0 },
      { stage: 'summary', phase: 'finished', atMs: T0 + 1000 },
      { stage: null, phase: 'finished', atMs: T0 + 1000 },
    ],
  },
];

let host: WorkflowHost;
beforeAll(async () => {
  host = await startWorkflowHost();
});
afterAll(async () => {
  await host.close();
});

/** Activities for any target; the one called `broken` cannot be rendered. */
function targets(pages: readonly PollResult[]): ScriptedActivities {
  const scripted = scriptedActivities({ pages: [pages], series: emptySeries({ atMs: T0, intervalMs: 250 }) });
  const render: Activities['render'] = async ({ request, runId }) => {
    scripted.calls.push(`render ${request.target}`);
    if (request.target === 'broken') {
      throw new InvalidInputError([
        { path: 'targets.broken', message: 'there is no such target', hint: 'Name another' },
      ]);
    }
    const target = {
      name: request.target,
      node: `${request.target}-${runId}`,
      namespace: 'n',
      connection: { reach: 'host' },
    } as const;
    const stages = [buildStage({ name: 'summary' })];
    const thresholds = { payloadBytes: 0 };
    return { plan: buildPlan({ kind: 'k3s-real-deps', runId, jobName: `job-${runId}`, target, stages, thresholds }) };
  };
  return { ...scripted, activities: withFailureTypes({ ...scripted.activities, render }) };
}

async function withFleet<T>(
  input: { scripted: ScriptedActivities; names: readonly string[]; maxParallel: number },
  use: (handle: WorkflowHandle<typeof benchmarkFleet>) => Promise<T>,
): Promise<T> {
  const fleetId = randomUUID().slice(0, 8);
  const runs = input.names.map((target, index) => ({ target, runId: `f${fleetId}-${index}` }));
  return await host.withWorker(input.scripted.activities, async (taskQueue) =>
    use(
      await host.client.workflow.start<typeof benchmarkFleet>('benchmarkFleet', {
        taskQueue,
        workflowId: `fleet-${fleetId}`,
        args: [{ fleetId, profile: 'p', runs, maxParallel: input.maxParallel }],
      }),
    ),
  );
}

describe('benchmarkFleet', () => {
  it('runs every target and leaves the others alone when one fails, with one row for each', async () => {
    const scripted = targets(PASSED);
    await withFleet({ scripted, names: ['one', 'broken', 'two'], maxParallel: 2 }, async (handle) => {
      const { rows, state } = await handle.result();
      expect(state).toBe('ended');
      expect(rows.map((row) => [row.target, row.state, row.summary?.state ?? null])).toEqual([
        ['one', 'ended', 'passed'],
        ['broken', 'ended', null],
        ['two', 'ended', 'passed'],
      ]);
      expect(rows[1]?.error).toContain('there is no such target');
    });
  });

  it('starts no more than maxParallel targets at once', async () => {
    const scripted = targets([]);
    await withFleet({ scripted, names: ['one', 'two', 'three'], maxParallel: 1 }, async (handle) => {
      await scripted.waiting;
      const { rows } = await handle.query(fleetStatus);
      expect(rows.map((row) => row.state)).toEqual(['running', 'queued', 'queued']);
      await handle.signal(cancelRun, { reason: 'seen it' });
      await handle.result();
    });
  });

  it('ends the running targets and never starts the queued ones when it is cancelled by signal', async () => {
    const scripted = targets([]);
    await withFleet({ scripted, names: ['one', 'two'], maxParallel: 1 }, async (handle) => {
      await scripted.waiting;
      await handle.signal(cancelRun, { reason: 'enough' });
      const { rows } = await handle.result();
      expect(rows[0]?.summary?.state).toBe('cancelled');
      expect(rows[1]).toMatchObject({ state: 'ended', summary: null });
      expect(rows[1]?.error).toContain('enough');
      expect(scripted.calls).not.toContain('render two');
    });
  });

  it("ends its children cleanly on Temporal's own cancel", async () => {
    const scripted = targets([]);
    await withFleet({ scripted, names: ['one'], maxParallel: 1 }, async (handle) => {
      await scripted.waiting;
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      const child = host.client.workflow.getHandle(runWorkflowId(`f${handle.workflowId.slice('fleet-'.length)}-0`));
      await expect(child.result()).rejects.toThrow('cancelled');
      expect(scripted.annotated).toHaveLength(1);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
  });
});
