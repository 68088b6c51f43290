import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';
import { UnreachableError } from '../../src/errors/errors.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import { planTransfer } from '../../src/profiles/transfer-plan.ts';
import { createRuns } from '../../src/temporal/runs.ts';
import { type Script, scriptedActivities } from '../support/scripted-activities.ts';
import { type WorkflowHost, startWorkflowHost } from '../support/workflow-host.ts';

let host: WorkflowHost;
beforeAll(async () => {
  host = await startWorkflowHost();
});
afterAll(async () => {
  await host.close();
});

const NEVER = new AbortController().signal;

/** Each on a node of its own, so that no probe waits for the proxy of the one before. */
function script(pages: Script['pages'], failing: Script['failing'] = {}): Script {
  const node = `n-${randomUUID().slice(0, 8)}`;
  const plan = planTransfer({
    target: { name: 'far', node, namespace: 'bench', connection: { reach: 'trans', route: 'far' } },
    proxy: { service: 'egress', url: 'http://egress:7890', noProxy: '', controlUrl: 'http://127.0.0.1:9090' },
    runId: node,
    image: 'docker.io/library/node:22-bookworm',
    resources: { cpuMillicores: 100, memoryMiB: 64, diskMiB: 64 },
  });
  return { plan, series: emptySeries({ atMs: 0, intervalMs: 100 }), pages, failing };
}

const PASSED: Script['pages'] = [
  [
    {
      transitions: [
        { stage: 'transfer', phase: 'started', atMs: 1 },
        { stage: 'transfer', phase: 'finished', atMs: 2 },
        { stage: null, phase: 'finished', atMs: 2 },
      ],
      cursor: '1',
      job: 'succeeded',
    },
  ],
];

async function probing(given: Script, signal: (waiting: Promise<void>) => AbortSignal = () => NEVER) {
  const scripted = scriptedActivities(given);
  const end = await host.withWorker(scripted.activities, async (taskQueue) => {
    const runs = createRuns({ client: host.client, taskQueue });
    const request = { target: 'far', runId: randomUUID() };
    return await runs.probeTarget({ request, signal: signal(scripted.waiting) }).catch((thrown: unknown) => thrown);
  });
  return { end, calls: scripted.calls, cleaned: scripted.cleaned };
}

const CLEANED: readonly (keyof Activities)[] = ['stop', 'collect', 'cleanUp'];

describe('a known transfer', () => {
  it('is measured as a run is and removed before it is judged', async () => {
    const { end, calls } = await probing(script(PASSED));
    expect(calls.slice(0, 2)).toEqual(['planTransfer', 'openSampling']);
    expect(calls.slice(-3)).toEqual(CLEANED);
    expect(end).toMatchObject({ checks: [{ name: 'a Job runs and ends well', ok: true }, {}, {}] });
  });

  it('is removed when it is given up', async () => {
    const leave = new AbortController();
    const { end, calls } = await probing(script([[]]), (waiting) => {
      void waiting.then(() => leave.abort(new Error('left')));
      return leave.signal;
    });
    expect(end).toMatchObject({ message: 'left' });
    expect(calls.slice(-3)).toEqual(CLEANED);
  });

  it('that cannot reach the proxy makes no Job, and leaves no readings', async () => {
    const failing = { openSampling: new UnreachableError('nobody there', 'Start it') };
    const { end, calls, cleaned } = await probing(script(PASSED, failing));
    expect(calls).not.toContain('apply');
    expect(cleaned).toEqual(['readings']);
    expect(end).toMatchObject({ checks: [{ name: 'a Job runs and ends well', ok: false }] });
  });
});
