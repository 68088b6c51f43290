import { describe, expect, it } from 'vitest';
import type { CompanionEvidence, CompanionUsage } from '../../../../src/evidence/companion-model.ts';
import type { StageEvidence } from '../../../../src/evidence/evidence.ts';
import type { Ending, Verdict } from '../../../../src/evidence/verdict.ts';
import type { Plan, Stage } from '../../../../src/plan/plan.ts';
import { judgeFor } from '../../../../src/profiles/judges.ts';
import { LENT_BYTES } from '../../../../src/profiles/metadata-proxy/lent-memory.ts';
import { buildReportText } from '../../../support/load-report-builder.ts';
import { buildPlan, buildStage } from '../../../support/plan-builder.ts';
import { buildEvidence, buildStageEvidence } from '../../../support/result-builder.ts';

const MIB = 1_048_576;
const LIMITS = {
  'proxy-500m': { cpuMillicores: 500, memoryMiB: 25 },
  'proxy-30m': { cpuMillicores: 30, memoryMiB: 25 },
};
const page = { port: 1, path: '/' };
const companion = { image: null, command: ['x'], env: [], files: {}, ready: page };
const plannedLoad = (name: string): Stage =>
  buildStage({ name, load: { requests: 5_000, connections: 200, url: 'http://127.0.0.1:1/' } });
const plan = buildPlan({
  kind: 'metadata-proxy',
  thresholds: { payloadBytes: 0, failedRequests: 0, restarts: 0 },
  sampling: { intervalMs: 1_000, source: 'companions' },
  companions: [
    { ...companion, name: 'upstream' },
    ...Object.entries(LIMITS).map(([name, limits]) => ({ ...companion, name, limits, metrics: page })),
  ],
  stages: [plannedLoad('load-500m'), plannedLoad('load-30m')],
});
const logLines = ['the last line'];

function usage(overrides: Partial<CompanionUsage> = {}): CompanionUsage {
  return {
    memoryBytes: 20 * MIB,
    peakMemoryBytes: 21.3 * MIB,
    memoryLimitBytes: 25 * MIB,
    cpuLimitMillicores: 500,
    cpuSeconds: 3.5,
    periods: 80,
    throttledPeriods: 60,
    throttledSeconds: 2,
    restarts: 0,
    oomKills: 0,
    ...overrides,
  };
}

function read(name: string, overrides: Partial<CompanionEvidence> = {}): CompanionEvidence {
  return { name, readings: 9, usage: usage(), metrics: {}, growth: {}, stages: [], limits: 'enforced', ...overrides };
}

function load(stage: string, overrides: Partial<StageEvidence> = {}): StageEvidence {
  return buildStageEvidence({ stage, attributedBytes: 0, report: buildReportText(), ...overrides });
}

function judged(
  input: {
    readonly first?: Partial<CompanionEvidence>;
    readonly second?: Partial<CompanionEvidence>;
    readonly upstream?: Partial<CompanionEvidence>;
    readonly target?: Plan['target'];
    readonly loads?: readonly StageEvidence[];
    readonly ending?: Ending;
    readonly thresholds?: typeof plan.thresholds;
    readonly jobReason?: string;
  } = {},
): Verdict {
  const {
    first,
    second,
    upstream,
    loads = [load('load-500m'), load('load-30m')],
    ending,
    thresholds,
    jobReason,
  } = input;
  return judgeFor({ kind: 'metadata-proxy' })({
    plan: { ...plan, thresholds: thresholds ?? plan.thresholds, target: input.target ?? plan.target },
    evidence: buildEvidence({
      stages: loads,
      companions: [
        read('upstream', { usage: null, limits: 'none', ...upstream }),
        read('proxy-500m', first),
        read('proxy-30m', second),
      ],
      ...(jobReason === undefined ? {} : { jobReason }),
    }),
    ending: ending ?? { by: 'job', succeeded: true },
    logLines,
  });
}

const FIRST = '500m/25Mi 3,100 requests/s, p99 96 ms, 0 failed, peak 21.3 of 25 MiB';
const SECOND = FIRST.replace('500m', '30m');

const BETWEEN = {
  stage: 'load-500m',
  fromMs: 900,
  toMs: 3_100,
  growth: {},
  used: { cpuSeconds: 1, periods: 1, throttledPeriods: 1, throttledSeconds: 1 },
};
const ALL = { 'request_count{code="200",filter_result="filter_result_proxied"}': 5_000 };
const ALL_REFUSED = buildReportText({
  failed: 5_000,
  statuses: { 403: 5_000 },
  errors: { refused: 0, reset: 0, timeout: 0, malformed: 0, status: 5_000, other: 0 },
});

/** Its page as it was read around a load from 1,000 to 3,000 ms. */
function counted(proxied: number, blocked = 0): Partial<CompanionEvidence> {
  return {
    pages: { fromMs: 900, toMs: 3_100 },
    growth: {
      'request_count{code="200",filter_result="filter_result_proxied"}': proxied,
      'request_count{code="403",filter_result="filter_result_blocked"}': blocked,
      metadata_proxy_answers_total: 9_000,
    },
  };
}

describe('the verdict on a metadata proxy', () => {
  it('is passed when every request was answered within every limit, and says what was measured', () => {
    const { tables: _tables, ...verdict } = judged();
    expect(verdict).toEqual({
      outcome: 'passed',
      failureFamily: 'none',
      reason: `2 limits passed: ${FIRST}; ${SECOND}.`,
      stage: null,
      logLines: [],
    });
  });

  it.each([0, LENT_BYTES])(
    'is passed %i bytes over the very limit: pages fill it, and the kernel lends some',
    (bytes) => {
      const verdict = judged({ first: { usage: usage({ peakMemoryBytes: 25 * MIB + bytes }) } });
      expect(verdict.outcome).toBe('passed');
      expect(verdict.reason).toContain('peak 25.0 of 25 MiB');
    },
  );

  it('is not passed when more was used than a limit lets through: it did not hold all the time', () => {
    const verdict = judged({ first: { usage: usage({ peakMemoryBytes: 25 * MIB + LENT_BYTES + 1 }) } });
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'load-500m' });
    expect(verdict.reason).toContain('500m/25Mi: its limits did not hold proxy-500m, which used 25.0 MiB of 25 MiB');
  });

  it('is passed where a program began anew before the first load, and says so of a proxy', () => {
    const stages = [{ ...BETWEEN, restartsBefore: 2 }];
    const restarted = { usage: usage({ restarts: 2 }), stages };
    expect(judged({ first: restarted, upstream: restarted })).toMatchObject({
      outcome: 'passed',
      reason: `2 limits passed: ${FIRST}, began anew 2 times before the first load; ${SECOND}.`,
    });
  });

  it('is passed where each proxy counted the requests of its load', () => {
    const stages = [load('load-500m', { startedAtMs: 900 }), load('load-30m', { startedAtMs: 400 })];
    expect(judged({ loads: stages, first: counted(4_990, 10), second: { ...counted(0), metrics: ALL } }).outcome).toBe(
      'passed',
    );
  });

  it.each<[string, Parameters<typeof judged>[0], Partial<Verdict>]>([
    [
      'killed for want of memory once',
      { second: { usage: usage({ oomKills: 1, restarts: 1 }) } },
      {
        outcome: 'failed',
        failureFamily: 'memory-limit',
        stage: 'load-30m',
        reason: `30m/25Mi: proxy-30m was killed once for want of memory; measured: ${FIRST}; ${SECOND}.`,
      },
    ],
    [
      'killed for want of memory more than once, whatever may begin anew',
      {
        first: { usage: usage({ oomKills: 3, restarts: 3 }) },
        thresholds: { payloadBytes: 0, failedRequests: 9, restarts: 9 },
      },
      { failureFamily: 'memory-limit', reason: expect.stringContaining('killed 3 times for want of memory') },
    ],
    [
      'started again',
      { first: { usage: usage({ restarts: 2 }) } },
      {
        outcome: 'failed',
        failureFamily: 'proxy-restarted',
        stage: 'load-500m',
        reason: expect.stringContaining('500m/25Mi: proxy-500m began anew 2 times, at most 0 is allowed;'),
      },
    ],
    [
      'resetting connections',
      {
        loads: [load('load-500m', { report: buildReportText({ requests: 200_000, reset: 1_200 }) }), load('load-30m')],
      },
      {
        outcome: 'failed',
        failureFamily: 'failed-requests',
        stage: 'load-500m',
        reason: expect.stringContaining('500m/25Mi: 1,200 of 200,000 requests failed (reset 1,200), at most 0 may;'),
      },
    ],
    [
      'answered with other statuses than 2xx, each by its own name',
      { loads: [load('load-500m', { report: ALL_REFUSED }), load('load-30m')] },
      {
        failureFamily: 'failed-requests',
        reason: expect.stringContaining(
          '500m/25Mi: 5,000 of 5,000 requests failed (status 403: 5,000), at most 0 may;',
        ),
      },
    ],
    [
      'started again once more after the first load had begun',
      { first: { usage: usage({ restarts: 3 }), stages: [{ ...BETWEEN, restartsBefore: 2 }] } },
      { failureFamily: 'proxy-restarted', reason: expect.stringContaining('proxy-500m began anew once, at most 0') },
    ],
  ])('is failed for a proxy that was %s', (_, input, expected) => {
    expect(judged(input)).toMatchObject({ outcome: 'failed', ...expected, logLines });
  });

  it('allows as many failed requests and restarts as the profile does', () => {
    const thresholds = { payloadBytes: 0, failedRequests: 12, restarts: 1 };
    const loads = [load('load-500m', { report: buildReportText({ reset: 12 }) }), load('load-30m')];
    expect(judged({ thresholds, loads, second: { usage: usage({ restarts: 1 }) } }).outcome).toBe('passed');
    const more = [load('load-500m', { report: buildReportText({ reset: 13 }) }), load('load-30m')];
    expect(judged({ thresholds, loads: more }).failureFamily).toBe('failed-requests');
  });

  it.each<[string, Parameters<typeof judged>[0], string]>([
    [
      'a load told nothing',
      { loads: [load('load-500m', { report: '' }), load('load-30m')] },
      `500m/25Mi: load-500m ended well and told nothing of what it measured; measured: ${SECOND}.`,
    ],
    [
      'a load was stopped',
      { loads: [load('load-500m'), load('load-30m', { report: buildReportText({ cancelled: true }) })] },
      '30m/25Mi: load-30m was stopped before its end;',
    ],
    [
      'nothing was read of a proxy',
      { second: { readings: 0, usage: null, limits: 'unknown', note: 'no right to read nodes/proxy' } },
      '30m/25Mi: nothing was read of proxy-30m (no right to read nodes/proxy);',
    ],
    [
      'limits were not enforced',
      { first: { limits: 'not-enforced', note: 'this machine has no cgroups to write' } },
      '500m/25Mi: its limits did not hold proxy-500m (this machine has no cgroups to write);',
    ],
    [
      'nobody can tell of the limits',
      { first: { limits: 'unknown' } },
      '500m/25Mi: nobody can tell whether its limits held proxy-500m;',
    ],
    [
      'the last look at a proxy was before the end of its load',
      { first: { usageAtMs: 1_500 }, second: { usageAtMs: 3_000 } },
      '500m/25Mi: nobody looked at the memory of proxy-500m in the last 1.5 s of load-500m;',
    ],
    [
      'nobody can tell of restarts',
      { first: { usage: usage({ restarts: null, oomKills: null }) } },
      '500m/25Mi: nobody can tell whether proxy-500m began anew;',
    ],
    [
      'a load made fewer requests than it was asked for',
      { loads: [load('load-500m', { report: buildReportText({ requests: 10 }) }), load('load-30m')] },
      '500m/25Mi: load-500m made 10 of the 5,000 requests it was asked for;',
    ],
    [
      'a load made no request at all',
      { loads: [load('load-500m', { report: buildReportText({ requests: 0, statuses: {} }) }), load('load-30m')] },
      '500m/25Mi: load-500m made 0 of the 5,000 requests it was asked for;',
    ],
    [
      'all requests failed and all of them may',
      {
        thresholds: { payloadBytes: 0, failedRequests: 5_000, restarts: 0 },
        loads: [load('load-500m', { report: ALL_REFUSED }), load('load-30m')],
      },
      '500m/25Mi: no request of load-500m was answered well, so that nothing was measured;',
    ],
    [
      'somebody else answered the load',
      { first: counted(3) },
      '500m/25Mi: load-500m was not answered by proxy-500m, which counted 3 requests of 5,000;',
    ],
    [
      'what the proxies talk to began anew',
      {
        upstream: { usage: usage({ restarts: 51 }), stages: [{ ...BETWEEN, restartsBefore: 1 }] },
        loads: [load('load-500m', { report: buildReportText({ reset: 3 }) }), load('load-30m')],
      },
      'upstream began anew 50 times while the proxies needed it;',
    ],
    [
      'nobody can tell of memory at all',
      { first: { usage: usage({ oomKills: null, peakMemoryBytes: null }), note: 'no right to read nodes/proxy' } },
      '500m/25Mi: nobody can tell how much memory proxy-500m used, nor whether it was killed for want of it (no right',
    ],
    [
      'a kubelet told of no moment at which it looked',
      { target: { ...plan.target, connection: { reach: 'kubeconfig', context: 'kube' } } },
      '500m/25Mi: nobody can tell when the memory of proxy-500m was looked at;',
    ],
  ])('is incomplete, never passed, where %s', (_, input, reason) => {
    const verdict = judged(input);
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', failureFamily: 'evidence-incomplete', logLines });
    expect(verdict.reason).toContain(reason);
  });

  it('asks no page that was read too early, or of a proxy that may begin anew, how many requests there were', () => {
    const early = { ...counted(3), pages: { fromMs: 900, toMs: 2_900 } };
    expect(judged({ first: early }).outcome).toBe('passed');
    const thresholds = { payloadBytes: 0, failedRequests: 0, restarts: 1 };
    expect(judged({ first: { ...counted(3), usage: usage({ restarts: 1 }) }, thresholds }).outcome).toBe('passed');
  });

  it('blames no memory for a peak that no limit held', () => {
    const found = { limits: 'not-enforced', usage: usage({ peakMemoryBytes: 90 * MIB }) } as const;
    expect(judged({ first: found }).outcome).toBe('evidence-incomplete');
  });

  it('finds failed requests although limits were not enforced', () => {
    const loads = [load('load-500m', { report: buildReportText({ reset: 1 }) }), load('load-30m')];
    expect(judged({ loads, first: { limits: 'not-enforced' } }).failureFamily).toBe('failed-requests');
  });

  it('has the words of a load that broke, and of a proxy that was killed under it', () => {
    const { report: _report, ...broken } = load('load-500m', { state: 'failed', exitCode: 7, reason: 'exit code 7' });
    const loads = [broken, load('load-30m', { state: 'not-started', report: '' })];
    const ending = { by: 'job', succeeded: false } as const;
    expect(judged({ loads, ending })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'infrastructure',
      stage: 'load-500m',
      reason: 'load-500m failed: exit code 7.',
    });
    expect(judged({ loads, ending, first: { usage: usage({ oomKills: 1 }) } })).toMatchObject({
      failureFamily: 'memory-limit',
      reason: '500m/25Mi: proxy-500m was killed once for want of memory.',
    });
  });

  it('has the words of a Job whose proxy did not come up, and no others', () => {
    const jobReason = 'companion proxy-500m did not come up: it ended 3 times, the last one with exit code 1';
    const loads = [load('load-500m', { state: 'not-started', report: '' })];
    expect(judged({ loads, ending: { by: 'job', succeeded: false }, jobReason })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'infrastructure',
      stage: null,
      reason: 'Companion proxy-500m did not come up: it ended 3 times, the last one with exit code 1.',
    });
  });

  it('says of a run that was ended from outside that its proxy was killed for want of memory', () => {
    const ending = { by: 'deadline', scope: 'stage', stage: 'load-500m', deadlineMs: 60_000 } as const;
    expect(judged({ ending, first: { usage: usage({ oomKills: 4, restarts: 4 }) } })).toMatchObject({
      outcome: 'deadline',
      failureFamily: 'deadline',
      reason:
        'load-500m took longer than its limit of 1 min 00 s; 500m/25Mi: proxy-500m was killed 4 times for want of memory.',
    });
  });

  it.each<[string, Ending, Partial<Verdict>]>([
    [
      'cancelled',
      { by: 'cancel', reason: 'enough', stage: 'load-30m' },
      { outcome: 'cancelled', failureFamily: 'cancelled' },
    ],
    [
      'past a deadline',
      { by: 'deadline', scope: 'stage', stage: 'load-30m', deadlineMs: 90_000 },
      { outcome: 'deadline', reason: 'load-30m took longer than its limit of 1 min 30 s.' },
    ],
    ['out of reach', { by: 'unreachable', what: 'no route' }, { outcome: 'unreachable' }],
    ['broken', { by: 'infrastructure', what: 'disk full' }, { outcome: 'failed', failureFamily: 'infrastructure' }],
  ])('of a run that was %s keeps what was measured until then', (_, ending, expected) => {
    const { report: _report, ...running } = load('load-30m', { state: 'running' });
    const verdict = judged({ ending, loads: [load('load-500m'), running] });
    expect(verdict).toMatchObject(expected);
    expect(verdict.tables?.[0]?.rows[0]?.slice(0, 4)).toEqual(['500m/25Mi', 5_000, 0, 3_100]);
    expect(verdict.tables?.[0]?.rows[1]?.slice(0, 4)).toEqual(['30m/25Mi', null, null, null]);
    expect(verdict.tables?.[1]?.rows).toHaveLength(4);
  });

  it('has no tables where nothing was measured', () => {
    const verdict = judgeFor({ kind: 'metadata-proxy' })({
      plan,
      evidence: buildEvidence({ stages: [] }),
      ending: { by: 'unreachable', what: 'no route' },
      logLines: [],
    });
    expect('tables' in verdict).toBe(false);
  });
});

describe('the tables of a metadata proxy', () => {
  it('have a row for each set of limits, and one for each phase of its requests', () => {
    const [limits, times] = judged().tables ?? [];
    expect(limits?.columns.map(({ name }) => name)).toEqual([
      ...['limits', 'requests', 'failed', 'rate', 'transfer', 'took', 'peak memory', 'limit', 'CPU time'],
      ...['throttled periods', 'of periods', 'restarts', 'killed for memory'],
    ]);
    expect(limits?.rows[0]).toEqual([
      ...['500m/25Mi', 5_000, 0, 3_100, 1_333_000, 1_613, 21.3 * MIB, 25 * MIB, 3_500],
      ...[60, 80, 0, 0],
    ]);
    expect(times?.columns.map(({ name }) => name)).toEqual([
      ...['limits', 'ms', 'min', 'mean', 'sd', '50%', '66%', '75%', '80%', '90%', '95%', '98%', '99%', '99.9%', 'max'],
    ]);
    expect(times?.rows.map(([label, phase]) => `${label} ${phase}`)).toEqual(
      ['500m/25Mi', '30m/25Mi'].flatMap((label) =>
        ['connect', 'processing', 'waiting', 'total'].map((phase) => `${label} ${phase}`),
      ),
    );
    expect(times?.rows[3]).toEqual([
      ...['500m/25Mi', 'total', 24, 48, 12, 48, 52.8, 57.6, 62.4, 67.2, 72, 76.8, 96, 144, 192],
    ]);
  });

  it('count the restarts that are judged, those since the first load, and none where nobody told', () => {
    const shown = (first: Partial<CompanionEvidence>): unknown => judged({ first }).tables?.[0]?.rows[0]?.[11];
    expect(shown({ usage: usage({ restarts: 3 }), stages: [{ ...BETWEEN, restartsBefore: 2 }] })).toBe(1);
    expect(shown({ usage: usage({ restarts: 3 }) })).toBe(3);
    expect(shown({ usage: usage({ restarts: null }) })).toBeNull();
  });

  it('have no times where no request was answered, and the sentence has none either', () => {
    const report = buildReportText({ reset: 5_000 });
    const { tables = [], reason } = judged({ loads: [load('load-500m', { report }), load('load-30m')] });
    expect(tables[1]?.rows.map(([label]) => label)).toEqual(Array.from({ length: 4 }, () => '30m/25Mi'));
    expect(reason).toContain('measured: 500m/25Mi no request answered, 5,000 failed, peak 21.3 of 25 MiB;');
  });

  it('tell CPU and throttling of the load alone where readings stand around it', () => {
    const used = { cpuSeconds: 1.25, periods: 20, throttledPeriods: 7, throttledSeconds: 0.5 };
    const stages = [{ stage: 'load-500m', fromMs: 1, toMs: 2, growth: {}, used }];
    const row = judged({ first: { stages } }).tables?.[0]?.rows[0];
    expect(row?.slice(8, 11)).toEqual([1_250, 7, 20]);
  });
});
