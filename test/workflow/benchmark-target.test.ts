import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PollResult } from '../../src/activities/contract.ts';
import { InvalidInputError, UnreachableError } from '../../src/errors/errors.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import type { SampleSeries, Transition } from '../../src/evidence/evidence.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { STATE } from '../../src/temporal/search-attribute-keys.ts';
import type { benchmarkTarget } from '../../src/workflows/benchmark-target.ts';
import { type CancelRequest, cancelRun, runStatus } from '../../src/workflows/messages.ts';
import { buildPlan, buildStage } from '../support/plan-builder.ts';
import { type Script, type ScriptedActivities, scriptedActivities } from '../support/scripted-activities.ts';
import { type WorkflowHost, startWorkflowHost } from '../support/workflow-host.ts';

const T0 = Date.UTC(2026, 0, 1);

let host: WorkflowHost;
beforeAll(async () => {
  host = await startWorkflowHost();
});
afterAll(async () => {
  await host.close();
});

type Handle = WorkflowHandle<typeof benchmarkTarget>;

/** Starts the plan on a worker that follows the script, and hands both to the test. */
async function running<T>(
  input: { plan: Plan; script: Script },
  use: (handle: Handle, scripted: ScriptedActivities) => Promise<T>,
): Promise<T> {
  const scripted = scriptedActivities(input.script);
  return await host.withWorker(scripted.activities, async (taskQueue) => {
    const handle = await host.client.workflow.start<typeof benchmarkTarget>('benchmarkTarget', {
      taskQueue,
      workflowId: `test-${randomUUID()}`,
      args: [{ plan: input.plan }],
    });
    return await use(handle, scripted);
  });
}

function planFor(overrides: Partial<Plan> = {}): Plan {
  const kind = 'k3s-real-deps';
  const runId = `t${randomUUID().slice(0, 8)}`;
  const proxy = buildPlan({}).proxy;
  return buildPlan({
    kind,
    runId,
    jobName: `job-${runId}`,
    proxy: { ...proxy, service: `proxy-${runId}` },
    stages: [
      buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true }),
      buildStage({ name: 'go-download', failureFamily: 'go-download', needsProxyTraffic: true }),
    ],
    ...overrides,
  });
}

const page = (job: PollResult['job'], ...transitions: Transition[]): PollResult => ({ transitions, cursor: '', job });
const started = (stage: string, second: number): Transition => ({ stage, phase: 'started', atMs: T0 + second * 1000 });
const finished = (stage: string, second: number): Transition => ({
  stage,
  phase: 'finished',
  atMs: T0 + second * 1000,
  exitCode: 0,
});
const failed = (stage: string, second: number): Transition => ({
  stage,
  phase: 'failed',
  atMs: T0 + second * 1000,
  exitCode: 1,
  reason: 'exit code 1',
});

const BOTH_PASSED: readonly PollResult[] = [
  page('running', started('npm-install', 1)),
  page('running', finished('npm-install', 5), started('go-download', 5)),
  page('succeeded', finished('go-download', 9), { stage: null, phase: 'finished', atMs: T0 + 9000 }),
];

/** Ten MiB in each of the two stages, all of it explained. */
function trafficInBoth(): SampleSeries {
  const bytes = 10 * 1024 * 1024;
  const connection = { client: '127.0.0.1', destination: 'example.org:443', uploadBytes: 0, downloadBytes: bytes };
  return {
    ...emptySeries({ atMs: T0, intervalMs: 250 }),
    points: [
      { atMs: T0, totalBytes: 0, unexplainedBytes: 0 },
      { atMs: T0 + 4000, totalBytes: bytes, unexplainedBytes: 0 },
      { atMs: T0 + 8000, totalBytes: 2 * bytes, unexplainedBytes: 0 },
    ],
    connections: [
      { ...connection, startMs: T0 + 2000 },
      { ...connection, startMs: T0 + 6000 },
    ],
    downloadBytes: 2 * bytes,
  };
}

describe('benchmarkTarget', () => {
  it('passes a run whose stages finished and were all seen at the proxy, and annotates before it cleans up', async () => {
    const script = { pages: [BOTH_PASSED], series: trafficInBoth() };
    await running({ plan: planFor(), script }, async (handle, { calls, annotated }) => {
      const result = await handle.result();
      expect(result.verdict).toMatchObject({ outcome: 'passed', failureFamily: 'none' });
      expect(result.evidence.totalBytes).toBe(20 * 1024 * 1024);
      expect(result.evidence.stages.map((s) => s.attributedBytes)).toEqual([10 * 1024 * 1024, 10 * 1024 * 1024]);
      expect(calls.toSorted()).toEqual(['annotate', 'apply', 'cleanUp', 'openSampling', 'sample', 'stop']);
      expect(calls.indexOf('annotate')).toBeLessThan(calls.indexOf('cleanUp'));
      expect(annotated.map((a) => a.verdict.outcome)).toEqual(['passed']);
      expect(result.endingProblems).toEqual([]);
    });
  });

  it('makes a failed stage a result with its own family, its log lines, and no second attempt', async () => {
    const pages = [[page('running', started('npm-install', 1)), page('failed', failed('npm-install', 3))]];
    await running({ plan: planFor(), script: { pages, series: trafficInBoth() } }, async (handle, { calls }) => {
      const { verdict } = await handle.result();
      expect(verdict).toMatchObject({ outcome: 'failed', failureFamily: 'npm-download', stage: 'npm-install' });
      expect(verdict.logLines).toEqual(['the last line of npm-install']);
      expect(calls.filter((call) => call === 'apply')).toHaveLength(1);
      expect((await handle.describe()).typedSearchAttributes.get(STATE)).toBe('failed');
    });
  });

  it('ends cleanly on the signal cancelRun: stopped, annotated with the evidence so far, state cancelled', async () => {
    const pages = [BOTH_PASSED.slice(0, 2)];
    await running({ plan: planFor(), script: { pages, series: trafficInBoth() } }, async (handle, scripted) => {
      await scripted.waiting;
      await handle.signal(cancelRun, { reason: 'seen enough' });
      const result = await handle.result();
      expect(result.ending).toEqual({ by: 'cancel', reason: 'seen enough', stage: 'go-download' });
      expect(result.verdict).toMatchObject({ outcome: 'cancelled', failureFamily: 'cancelled' });
      expect(result.evidence.totalBytes).toBe(20 * 1024 * 1024);
      expect(scripted.calls).toContain('stop');
      expect(scripted.annotated).toHaveLength(1);
      expect((await handle.query(runStatus)).state).toBe('cancelled');
    });
  });

  it("ends as cleanly on Temporal's own cancel, and is then a cancelled workflow whose status still has the evidence", async () => {
    const pages = [BOTH_PASSED.slice(0, 2)];
    await running({ plan: planFor(), script: { pages, series: trafficInBoth() } }, async (handle, scripted) => {
      await scripted.waiting;
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow('cancelled');
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      const status = await handle.query(runStatus);
      expect(status).toMatchObject({ state: 'cancelled', evidence: { totalBytes: 20 * 1024 * 1024 } });
      expect(scripted.annotated).toHaveLength(1);
      expect(scripted.calls).toContain('stop');
    });
  });

  it('ends a stage that outlives its own deadline, and names it', async () => {
    const plan = planFor();
    const stages = plan.stages.map((stage) => ({ ...stage, deadlineMs: 1000 }));
    const pages = [[page('running', { ...started('npm-install', 0), atMs: Date.now() })]];
    await running(
      { plan: { ...plan, stages }, script: { pages, series: trafficInBoth() } },
      async (handle, { calls }) => {
        const result = await handle.result();
        expect(result.ending).toEqual({ by: 'deadline', scope: 'stage', stage: 'npm-install', deadlineMs: 1000 });
        expect(result.verdict).toMatchObject({ outcome: 'deadline', failureFamily: 'deadline', stage: 'npm-install' });
        expect(calls).toContain('stop');
      },
    );
  });

  for (const limit of ['of a stage', 'of the run'] as const) {
    it(`holds the deadline ${limit} against the target's clock, not against how late the news of its end came`, async () => {
      const atMs = Date.now();
      const began = { ...started('npm-install', 0), atMs };
      const ended = [
        { ...finished('npm-install', 0), atMs: atMs + 400 },
        { ...started('go-download', 0), atMs: atMs + 400 },
        { ...finished('go-download', 0), atMs: atMs + 800 },
        { stage: null, phase: 'finished', atMs: atMs + 800 } as const,
      ];
      const plan = planFor(limit === 'of the run' ? { deadlineMs: 4000 } : {});
      const stages = plan.stages.map((stage) => (limit === 'of a stage' ? { ...stage, deadlineMs: 1000 } : stage));
      const unheard = { ...page('succeeded', began, ...ended), cursor: 'end' };
      const script = { pages: [[page('running', began)]], series: trafficInBoth(), unheard };
      await running({ plan: { ...plan, stages }, script }, async (handle) => {
        expect((await handle.result()).ending).toEqual({ by: 'job', succeeded: true });
      });
    });
  }

  it('ends a run that outlives the deadline of the run', async () => {
    const plan = planFor({ deadlineMs: 1000 });
    const pages = [[page('running', { ...started('npm-install', 0), atMs: Date.now() })]];
    await running({ plan, script: { pages, series: trafficInBoth() } }, async (handle) => {
      const result = await handle.result();
      expect(result.ending).toEqual({ by: 'deadline', scope: 'run', stage: 'npm-install', deadlineMs: 1000 });
    });
  });

  it('gives a failed image pull another attempt, and only that', async () => {
    const plan = planFor({
      stages: [
        buildStage({ name: 'image-pull', kind: 'image-pull', failureFamily: 'image-pull', needsProxyTraffic: true }),
      ],
      pullRetry: { maxAttempts: 3, backoffMs: 10 },
    });
    const fails = [page('failed', started('image-pull', 1), failed('image-pull', 2))];
    const pulls = [
      page('succeeded', started('image-pull', 3), finished('image-pull', 4), {
        stage: null,
        phase: 'finished',
        atMs: T0 + 4000,
      }),
    ];
    await running(
      { plan, script: { pages: [fails, fails, pulls], series: trafficInBoth() } },
      async (handle, { calls }) => {
        const result = await handle.result();
        expect(result.pullAttempts).toBe(3);
        expect(result.ending).toEqual({ by: 'job', succeeded: true });
        expect(calls.filter((call) => call === 'apply')).toHaveLength(3);
      },
    );
  });

  it('gives up on an image pull when its budget is spent', async () => {
    const plan = planFor({
      stages: [
        buildStage({ name: 'image-pull', kind: 'image-pull', failureFamily: 'image-pull', needsProxyTraffic: true }),
      ],
      pullRetry: { maxAttempts: 2, backoffMs: 10 },
    });
    const fails = [page('failed', started('image-pull', 1), failed('image-pull', 2))];
    await running({ plan, script: { pages: [fails, fails], series: trafficInBoth() } }, async (handle) => {
      const result = await handle.result();
      expect(result.verdict).toMatchObject({ outcome: 'failed', failureFamily: 'image-pull' });
      expect(result.pullAttempts).toBe(2);
    });
  });

  it('makes nothing on the target when the proxy does not answer, and says so', { timeout: 60_000 }, async () => {
    const failing = { openSampling: new UnreachableError('nobody listens', 'start the proxy') };
    const script = { pages: [], series: trafficInBoth(), failing };
    await running({ plan: planFor(), script }, async (handle, { calls }) => {
      const result = await handle.result();
      expect(result.verdict).toMatchObject({ outcome: 'unreachable', failureFamily: 'infrastructure' });
      expect(result.verdict.reason).toContain('nobody listens');
      expect(calls).not.toContain('apply');
    });
  });

  it('says that the Job vanished when the target lost it', async () => {
    const pages = [[page('running', started('npm-install', 1)), page('lost')]];
    await running({ plan: planFor(), script: { pages, series: trafficInBoth() } }, async (handle) => {
      expect((await handle.result()).verdict).toMatchObject({ outcome: 'failed', failureFamily: 'infrastructure' });
    });
  });

  it('keeps the result when annotating fails, and states it', async () => {
    const failing = { annotate: new InvalidInputError([{ path: 'x', message: 'no', hint: 'none' }]) };
    const script = { pages: [BOTH_PASSED], series: trafficInBoth(), failing };
    await running({ plan: planFor(), script }, async (handle) => {
      const result = await handle.result();
      expect(result.verdict.outcome).toBe('passed');
      expect(result.endingProblems).toEqual(['annotate: x: no. none']);
    });
  });

  it('does not make the Job when the cancel came first', async () => {
    const script = { pages: [BOTH_PASSED], series: trafficInBoth() };
    const scripted = scriptedActivities(script);
    await host.withWorker(scripted.activities, async (taskQueue) => {
      const handle = await host.client.workflow.signalWithStart<typeof benchmarkTarget, [CancelRequest?]>(
        'benchmarkTarget',
        {
          taskQueue,
          workflowId: `test-${randomUUID()}`,
          args: [{ plan: planFor() }],
          signal: cancelRun,
          signalArgs: [{ reason: 'too late' }],
        },
      );
      expect((await handle.result()).verdict.outcome).toBe('cancelled');
      expect(scripted.calls).not.toContain('apply');
    });
  });

  it('takes what a sampler left in its journal where it died with the message to hand over', async () => {
    const script = { pages: [BOTH_PASSED], series: trafficInBoth(), dyingSampler: true };
    await running({ plan: planFor(), script }, async (handle, { calls }) => {
      const result = await handle.result();
      expect(result.verdict.outcome).toBe('passed');
      expect(result.evidence.totalBytes).toBe(20 * 1024 * 1024);
      expect(result.endingProblems).toEqual([]);
      expect(calls).toContain('handOver');
    });
  });

  it('accuses nobody of going round the proxy when the readings are lost for good', async () => {
    const failing = { handOver: new InvalidInputError([{ path: 'x', message: 'no', hint: 'none' }]) };
    const pages = BOTH_PASSED.map((told) => ({
      ...told,
      transitions: told.transitions.map((transition) => ({ ...transition, atMs: Date.now() })),
    }));
    const script = { pages: [pages], series: trafficInBoth(), dyingSampler: true, failing };
    await running({ plan: planFor(), script }, async (handle) => {
      const result = await handle.result();
      expect(result.verdict.outcome).toBe('evidence-incomplete');
      expect(result.endingProblems).toEqual(['handOver: x: no. none']);
    });
  });

  for (const step of ['openSampling', 'apply'] as const) {
    it(`is cancelled, and not stuck, while ${step} hangs`, async () => {
      const script: Script = { pages: [BOTH_PASSED], series: trafficInBoth(), hanging: [step] };
      await running({ plan: planFor(), script }, async (handle, scripted) => {
        await scripted.waiting;
        await handle.signal(cancelRun, { reason: 'it hangs' });
        const result = await handle.result();
        expect(result.ending).toEqual({ by: 'cancel', reason: 'it hangs', stage: null });
        expect(scripted.calls.filter((call) => call === step)).toHaveLength(1);
        expect(scripted.calls.includes('stop')).toBe(step === 'apply');
      });
    });
  }

  it('holds the deadline of the run while the Job is being made', async () => {
    const script: Script = { pages: [BOTH_PASSED], series: trafficInBoth(), hanging: ['apply'] };
    await running({ plan: planFor({ deadlineMs: 1500 }), script }, async (handle, { calls }) => {
      expect((await handle.result()).ending).toMatchObject({ by: 'deadline', scope: 'run' });
      expect(calls).toContain('stop');
    });
  });

  it('touches no Job when its own was refused: what has the name is another run’s', async () => {
    const failing = { apply: new InvalidInputError([{ path: 'plan.jobName', message: 'is taken', hint: 'other' }]) };
    const script = { pages: [BOTH_PASSED], series: trafficInBoth(), failing };
    await running({ plan: planFor(), script }, async (handle, { calls }) => {
      expect((await handle.result()).verdict).toMatchObject({ outcome: 'failed', failureFamily: 'infrastructure' });
      expect(calls.toSorted()).toEqual(['apply', 'openSampling', 'sample']);
    });
  });

  for (const [what, args] of [
    ['nothing', []],
    ['a text', ['local']],
    ['no profile', [{ target: 'local' }]],
    ['half a plan', [{ plan: { runId: 'half' } }]],
  ] as const) {
    it(`fails at once, as bad input, when it is started with ${what}`, async () => {
      const { activities } = scriptedActivities({ pages: [], series: trafficInBoth() });
      await host.withWorker(activities, async (taskQueue) => {
        for (const type of ['benchmarkTarget', 'benchmarkFleet']) {
          const handle = await host.client.workflow.start(type, {
            taskQueue,
            workflowId: `test-${randomUUID()}`,
            args: [...args],
            workflowExecutionTimeout: '10s',
          });
          await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
        }
      });
    });
  }

  it('lets only one run measure through a proxy, and the next one as soon as it is free', async () => {
    const first = planFor();
    const second = planFor({ proxy: first.proxy });
    const scripts = {
      holding: { pages: [[]], series: trafficInBoth() },
      other: { pages: [BOTH_PASSED], series: trafficInBoth() },
    };
    await running({ plan: first, script: scripts.holding }, async (holder, scripted) => {
      await scripted.waiting;
      await running({ plan: second, script: scripts.other }, async (refused) => {
        const { verdict } = await refused.result();
        expect(verdict.outcome).toBe('unreachable');
        expect(verdict.reason).toContain('another run is measuring');
      });
      await holder.signal(cancelRun, { reason: 'make room' });
      await holder.result();
      await running({ plan: planFor({ proxy: first.proxy }), script: scripts.other }, async (next) => {
        expect((await next.result()).verdict.outcome).toBe('passed');
      });
    });
  });

  it('stays under 150 events with every stage that real-deps has, each pull and each container told by itself', async () => {
    const containers = ['apk-add', 'npm-install', 'go-download', 'git-mirror', 'summary'];
    const pull = (image: string, phase: 'started' | 'finished', second: number): Transition => ({
      ...(phase === 'started' ? started('image-pull', second) : finished('image-pull', second)),
      image,
    });
    const plan = planFor({
      stages: [
        buildStage({ name: 'image-pull', kind: 'image-pull', images: containers, failureFamily: 'image-pull' }),
        ...containers.map((name) => buildStage({ name })),
      ],
    });
    // As poll hands them over: what ends travels with what follows it.
    const pages = containers.flatMap((name, index) => [
      page(
        'running',
        ...(index === 0 ? [] : [finished(containers[index - 1] ?? '', index * 10)]),
        pull(name, 'started', index * 10),
      ),
      page('running', pull(name, 'finished', index * 10 + 5), started(name, index * 10 + 5)),
    ]);
    const end = page('succeeded', finished('summary', 60), { stage: null, phase: 'finished', atMs: T0 + 60_000 });
    const script = { plan, pages: [[...pages, end]], series: trafficInBoth() };
    const scripted = scriptedActivities(script);
    await host.withWorker(scripted.activities, async (taskQueue) => {
      const handle = await host.client.workflow.start<typeof benchmarkTarget>('benchmarkTarget', {
        taskQueue,
        workflowId: `test-${randomUUID()}`,
        args: [{ target: 'local', profile: 'real-deps', runId: plan.runId }],
      });
      const { evidence } = await handle.result();
      expect(evidence.stages).toHaveLength(6);
      const { events } = await handle.fetchHistory();
      expect(events?.length).toBeLessThan(150);
    });
  });
});
