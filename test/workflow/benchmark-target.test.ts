import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PollResult } from '../../src/activities/contract.ts';
import { InvalidInputError, UnreachableError } from '../../src/errors/errors.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import type { CompanionReading } from '../../src/evidence/companion-model.ts';
import type { SampleSeries } from '../../src/evidence/sample-series.ts';
import type { Transition } from '../../src/evidence/transition.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { STATE } from '../../src/temporal/search-attribute-keys.ts';
import type { benchmarkTarget } from '../../src/workflows/benchmark-target.ts';
import { type CancelRequest, cancelRun, runStatus } from '../../src/workflows/messages.ts';
import { buildPlan, buildStage } from '../support/plan-builder.ts';
import { buildReading, buildUsage } from '../support/reading-builder.ts';
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
    await running({ plan: planFor(), script }, async (handle, { calls, cleaned, annotated }) => {
      const result = await handle.result();
      expect(result.verdict).toMatchObject({ outcome: 'passed', failureFamily: 'none' });
      expect(result.evidence.totalBytes).toBe(20 * 1024 * 1024);
      expect(result.evidence.stages.map((s) => s.attributedBytes)).toEqual([10 * 1024 * 1024, 10 * 1024 * 1024]);
      expect(calls.toSorted()).toEqual(['annotate', 'apply', 'cleanUp', 'openSampling', 'sample', 'stop']);
      expect(calls.indexOf('annotate')).toBeLessThan(calls.indexOf('cleanUp'));
      expect(cleaned).toEqual(['job']);
      expect(annotated.map((a) => a.verdict.outcome)).toEqual(['passed']);
      expect(result.endingProblems).toEqual([]);
    });
  });

  it('knows nothing of what companions and reports say, and hands all of it on to evidence', async () => {
    const companion = {
      name: 'proxy',
      image: null,
      command: ['true'],
      env: [],
      files: { 'settings.json': '{}' },
      limits: { memoryMiB: 25, cpuMillicores: 30 },
      ready: { port: 1, path: '/healthz' },
      metrics: { port: 2, path: '/metrics' },
    };
    const plan = planFor({
      stages: [buildStage({ name: 'load' })],
      companions: [companion],
      sampling: { intervalMs: 1_000, source: 'companions' },
    });
    const reading = (second: number, requests_total: number): CompanionReading =>
      buildReading({ atMs: T0 + second * 1_000, metrics: { requests_total }, usage: buildUsage({ restarts: 0 }) });
    const companions = [reading(1, 0), reading(6, 200)];
    const series = { ...emptySeries({ atMs: T0, intervalMs: 1_000 }), companions };
    const pages = [
      page('running', started('load', 1)),
      page(
        'succeeded',
        { ...finished('load', 5), report: '{"requests":200}' },
        { stage: null, phase: 'finished', atMs: T0 + 5_100 },
      ),
    ];
    await running({ plan, script: { pages: [pages], series } }, async (handle, { sampled, annotated }) => {
      const { verdict, evidence } = await handle.result();
      expect(verdict.outcome).toBe('passed');
      expect(evidence).toMatchObject({
        coverage: 1,
        totalBytes: 0,
        stages: [{ stage: 'load', report: '{"requests":200}' }],
        companions: [
          {
            name: 'proxy',
            readings: 2,
            growth: { requests_total: 200 },
            stages: [{ growth: { requests_total: 200 } }],
          },
        ],
      });
      const { name, limits, metrics } = companion;
      expect(sampled).toMatchObject([{ sampling: { source: 'companions' }, companions: [{ name, limits, metrics }] }]);
      expect(sampled[0]?.companions?.[0]).not.toHaveProperty('files');
      expect(annotated.map(({ evidence: written }) => written.companions)).toEqual([evidence.companions]);
    });
  });

  it('gives each try to stop a run room for all of its grace', async () => {
    const plan = planFor({ cleanUp: { keepFinishedMs: 0, stopGraceMs: 300_000 } });
    await running({ plan, script: { pages: [BOTH_PASSED], series: trafficInBoth() } }, async (handle) => {
      await handle.result();
      const { events } = await handle.fetchHistory();
      const stops = (events ?? [])
        .map(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
        .filter((scheduled) => scheduled?.activityType?.name === 'stop');
      expect(stops.map((scheduled) => Number(scheduled?.startToCloseTimeout?.seconds))).toEqual([420]);
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
      // It ran until the last that its target told of, whatever the clocks of others say.
      expect(result.evidence.stages[1]).toMatchObject({
        state: 'running',
        finishedAtMs: T0 + 8_000,
        durationMs: 3_000,
      });
      expect(scripted.calls).toContain('stop');
      expect(scripted.annotated).toHaveLength(1);
      expect((await handle.query(runStatus)).state).toBe('cancelled');
    });
  });

  it('calls no stage cut short that had ended before the cancel with nobody there to tell', async () => {
    const unheard = page('running', started('npm-install', 1), finished('npm-install', 5), started('go-download', 5));
    const script = { pages: [BOTH_PASSED.slice(0, 1)], series: trafficInBoth(), unheard };
    await running({ plan: planFor(), script }, async (handle, scripted) => {
      await scripted.waiting;
      await handle.signal(cancelRun, { reason: 'back again' });
      const { ending, evidence } = await handle.result();
      expect(ending).toEqual({ by: 'cancel', reason: 'back again', stage: 'go-download' });
      const bytes = 10 * 1024 * 1024;
      expect(evidence.stages).toMatchObject([
        { state: 'passed', startedAtMs: T0 + 1000, finishedAtMs: T0 + 5000, windowBytes: bytes },
        { state: 'running', startedAtMs: T0 + 5000, windowBytes: bytes },
      ]);
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

  it("gives a stage its whole time where the target's clock is behind, and takes off no more than a tenth for late news", async () => {
    const behindMs = 3_600_000;
    const plan = planFor();
    const stages = plan.stages.map((stage) => ({ ...stage, deadlineMs: 40_000 }));
    const atMs = Date.now() - behindMs;
    const pages = [
      [
        page('running', { ...started('npm-install', 0), atMs }),
        page(
          'running',
          { ...finished('npm-install', 0), atMs: atMs - 60_000 },
          { ...started('go-download', 0), atMs: atMs - 60_000 },
        ),
      ],
    ];
    await running(
      { plan: { ...plan, stages }, script: { pages, series: trafficInBoth() } },
      async (handle, scripted) => {
        await scripted.waiting;
        const { events } = await handle.fetchHistory();
        const timersMs = (events ?? [])
          .map(({ timerStartedEventAttributes: timer }) => Number(timer?.startToFireTimeout?.seconds ?? 0) * 1_000)
          .filter((ms) => ms > 0 && ms <= 40_000);
        expect(timersMs).toEqual([40_000, 36_000]);
        await handle.signal(cancelRun, { reason: 'seen enough' });
        await handle.result();
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
    const plan = planFor({ deadlineMs: 5_000 });
    const pages = [[page('running', { ...started('npm-install', 0), atMs: Date.now() })]];
    await running({ plan, script: { pages, series: trafficInBoth() } }, async (handle) => {
      const result = await handle.result();
      expect(result.ending).toEqual({ by: 'deadline', scope: 'run', stage: 'npm-install', deadlineMs: 5_000 });
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
        // The stage is that of the last attempt alone.
        expect(result.evidence.stages[0]).toMatchObject({
          state: 'passed',
          startedAtMs: T0 + 3000,
          finishedAtMs: T0 + 4000,
          durationMs: 1000,
        });
        expect(result.ending).toEqual({ by: 'job', succeeded: true });
        expect(calls.filter((call) => call === 'apply')).toHaveLength(3);
      },
    );
  });

  it("gives bytes to stages by the run's own clients, whichever poll told of them, and leaves others' outside", async () => {
    const plan = planFor({ thresholds: { payloadBytes: 10 * 1024 * 1024 } });
    const target = { ...plan.target, nodeAddresses: ['10.244.0.1'] };
    const [first, second, last] = BOTH_PASSED.map((told, index): PollResult => {
      const clients = [{ pod: [], node: ['192.0.2.5'] }, { pod: ['127.0.0.1'], node: [] }, undefined][index];
      return clients === undefined ? told : { ...told, clients };
    });
    const series = trafficInBoth();
    const noise = ['10.244.0.1', '10.244.3.9'].map((client) => ({
      client,
      destination: 'x:443',
      startMs: T0 + 6000,
      uploadBytes: 0,
      downloadBytes: 500,
    }));
    const pages = [[first, second, last].filter((told) => told !== undefined)];
    const script = { pages, series: { ...series, connections: [...series.connections, ...noise] } };
    await running({ plan: { ...plan, target }, script }, async (handle) => {
      const { evidence, verdict } = await handle.result();
      expect(evidence.stages.map(({ attributedBytes }) => attributedBytes)).toEqual([10_485_760, 10_485_760]);
      expect(evidence).toMatchObject({ shared: true, outsideBytes: 1_000, topClient: { class: 'pod' } });
      expect(evidence.clients?.map((client) => [client.name, client.class])).toEqual([
        ['127.0.0.1', 'pod'],
        ['10.244.0.1', 'node'],
        ['10.244.3.9', 'other'],
      ]);
      expect(verdict.outcome).toBe('passed');
      expect(verdict.reason).toContain('other clients used the proxy too');
    });
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

  it('makes no Job when the proxy does not answer, says so, and removes what was begun for readings', {
    timeout: 60_000,
  }, async () => {
    const failing = { openSampling: new UnreachableError('nobody listens', 'start the proxy') };
    const script = { pages: [], series: trafficInBoth(), failing };
    await running({ plan: planFor(), script }, async (handle, { calls, cleaned }) => {
      const result = await handle.result();
      expect(result.verdict).toMatchObject({ outcome: 'unreachable', failureFamily: 'infrastructure' });
      expect(result.verdict.reason).toContain('nobody listens');
      expect(calls).not.toContain('apply');
      expect(cleaned).toEqual(['readings']);
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
      expect(scripted.calls).toEqual([]);
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

  it('says by the target’s clock what was not read, where its readings are stamped by that', async () => {
    const failing = { handOver: new InvalidInputError([{ path: 'x', message: 'no', hint: 'none' }]) };
    const baseline = { atMs: Date.now() + 3_600_000, targetClockOffsetMs: 3_600_000 };
    const script = { pages: [BOTH_PASSED], series: trafficInBoth(), dyingSampler: true, failing, baseline };
    await running({ plan: planFor(), script }, async (handle) => {
      const { evidence } = await handle.result();
      expect(evidence?.gaps).toEqual([
        expect.objectContaining({ fromMs: baseline.atMs, reason: 'the readings were lost' }),
      ]);
      expect(evidence?.gaps[0]?.toMs).toBeGreaterThanOrEqual(baseline.atMs);
      expect(evidence?.gaps[0]?.toMs).toBeLessThan(Date.now() + 3_600_000);
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
        expect(scripted.cleaned).toEqual([step === 'apply' ? 'job' : 'readings']);
      });
    });
  }

  it('holds the deadline of the run while the Job is being made', async () => {
    const script: Script = { pages: [BOTH_PASSED], series: trafficInBoth(), hanging: ['apply'] };
    await running({ plan: planFor({ deadlineMs: 5_000 }), script }, async (handle, { calls }) => {
      expect((await handle.result()).ending).toMatchObject({ by: 'deadline', scope: 'run' });
      expect(calls).toContain('stop');
    });
  });

  it('touches no Job when its own was refused: what has the name is another run’s', async () => {
    const failing = { apply: new InvalidInputError([{ path: 'plan.jobName', message: 'is taken', hint: 'other' }]) };
    const script = { pages: [BOTH_PASSED], series: trafficInBoth(), failing };
    await running({ plan: planFor(), script }, async (handle, { calls, cleaned }) => {
      expect((await handle.result()).verdict).toMatchObject({ outcome: 'failed', failureFamily: 'infrastructure' });
      expect(calls.toSorted()).toEqual(['apply', 'cleanUp', 'openSampling', 'sample']);
      expect(cleaned).toEqual(['readings']);
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
