import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../../src/errors/errors.ts';
import type { Evidence } from '../../../../src/evidence/evidence.ts';
import type { SamplingGap } from '../../../../src/evidence/sample-series.ts';
import type { Ending, Verdict } from '../../../../src/evidence/verdict.ts';
import { judgeFor } from '../../../../src/profiles/judges.ts';
import { LEAST_PAYLOAD_BYTES } from '../../../../src/evidence/perhaps-own.ts';
import { buildPlan, buildStage } from '../../../support/plan-builder.ts';
import { buildEvidence, buildStageEvidence } from '../../../support/result-builder.ts';

const MIB = 1_048_576;
const plan = buildPlan({
  kind: 'k3s-real-deps',
  thresholds: { payloadBytes: 3 * MIB },
  stages: [
    buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true }),
    buildStage({ name: 'git-mirror', failureFamily: 'git-mirror', needsProxyTraffic: true }),
    buildStage({ name: 'summary' }),
  ],
});
const npm = buildStageEvidence({ stage: 'npm-install', attributedBytes: 2 * MIB });
const git = buildStageEvidence({ stage: 'git-mirror', attributedBytes: 2 * MIB });
const summary = buildStageEvidence({ stage: 'summary', attributedBytes: 0 });
const noon = Date.UTC(2026, 10, 21, 12, 0, 0);
const logLines = ['npm error code E404'];

function judged(input: { evidence?: Partial<Evidence>; ending?: Ending }): Verdict {
  const evidence = buildEvidence({ stages: [npm, git, summary], ...input.evidence });
  return judgeFor({ kind: plan.kind })({
    plan,
    evidence,
    ending: input.ending ?? { by: 'job', succeeded: true },
    logLines,
  });
}
function gap(more: Partial<SamplingGap> = {}): SamplingGap {
  return {
    fromMs: noon,
    toMs: noon + 5_000,
    bytes: 7,
    reason: 'the proxy did not answer: gone',
    cause: 'proxy-silent',
    ...more,
  };
}

describe('the verdict on real dependency downloads', () => {
  it('is passed when every stage moved its bytes through the proxy', () => {
    expect(judged({})).toEqual({
      outcome: 'passed',
      failureFamily: 'none',
      reason: '3 stages passed: 4.0 MiB seen at the proxy, 3.0 MiB needed.',
      stage: null,
      logLines: [],
    });
  });

  it('says of a passed run with gaps that readings are missing, and of one without a stage that it was left out', () => {
    const evidence = { gaps: [gap()], coverage: 0.97251, omittedStages: [{ name: 'apk-add', reason: 'no apk' }] };
    expect(judged({ evidence }).reason).toBe(
      '3 stages passed, 1 left out: 4.0 MiB seen at the proxy, 3.0 MiB needed; readings are missing for 1 gap, the longest between 12:00:00 and 12:00:05 UTC (the proxy did not answer: gone), coverage 97.2%.',
    );
  });

  it.each<[string, Ending, Partial<Verdict>]>([
    [
      'cancelled',
      { by: 'cancel', reason: 'wrong target', stage: 'npm-install' },
      {
        outcome: 'cancelled',
        failureFamily: 'cancelled',
        stage: 'npm-install',
        reason: 'Cancelled during npm-install: wrong target.',
      },
    ],
    [
      'cancelled between stages',
      { by: 'cancel', reason: 'enough.', stage: null },
      { outcome: 'cancelled', stage: null, reason: 'Cancelled: enough.' },
    ],
    [
      'past a stage deadline',
      { by: 'deadline', scope: 'stage', stage: 'git-mirror', deadlineMs: 90_000 },
      {
        outcome: 'deadline',
        failureFamily: 'deadline',
        stage: 'git-mirror',
        reason: 'git-mirror took longer than its limit of 1 min 30 s.',
      },
    ],
    [
      'past its deadline',
      { by: 'deadline', scope: 'run', stage: 'git-mirror', deadlineMs: 1_500 },
      { outcome: 'deadline', reason: 'The run took longer than its limit of 1.5 s and was ended during git-mirror.' },
    ],
    [
      'out of reach',
      { by: 'unreachable', what: 'no route' },
      { outcome: 'unreachable', failureFamily: 'infrastructure', reason: 'Out of reach: no route.' },
    ],
    [
      'broken',
      { by: 'infrastructure', what: 'disk full' },
      { outcome: 'failed', failureFamily: 'infrastructure', reason: 'The environment broke: disk full.' },
    ],
  ])('follows the ending of a run that was %s, whatever the proxy saw', (_, ending, expected) => {
    expect(judged({ ending, evidence: { stages: [] } })).toMatchObject({ ...expected, logLines });
  });

  it("has the failed stage's own family, its reason and exit code, and its log lines", () => {
    const failed = buildStageEvidence({
      stage: 'npm-install',
      state: 'failed',
      exitCode: 1,
      reason: 'OOMKilled',
      attributedBytes: 0,
    });
    expect(judged({ ending: { by: 'job', succeeded: false }, evidence: { stages: [failed, git] } })).toEqual({
      outcome: 'failed',
      failureFamily: 'npm-download',
      reason: 'npm-install failed: OOMKilled (exit code 1).',
      stage: 'npm-install',
      logLines,
    });
  });

  it('names an exit code once', () => {
    const failed = buildStageEvidence({ stage: 'npm-install', state: 'failed', exitCode: 1, reason: 'exit code 1' });
    expect(judged({ ending: { by: 'job', succeeded: false }, evidence: { stages: [failed] } }).reason).toBe(
      'npm-install failed: exit code 1.',
    );
  });

  it('blames the stage that failed first', () => {
    const stages = [
      buildStageEvidence({ stage: 'npm-install', state: 'failed', finishedAtMs: 9_000 }),
      buildStageEvidence({ stage: 'git-mirror', state: 'failed', finishedAtMs: 8_000 }),
    ];
    expect(judged({ ending: { by: 'job', succeeded: false }, evidence: { stages } })).toMatchObject({
      stage: 'git-mirror',
      failureFamily: 'git-mirror',
    });
  });

  it('says that the proxy did not answer while the failed stage ran', () => {
    const stages = [
      buildStageEvidence({
        stage: 'npm-install',
        state: 'failed',
        startedAtMs: noon - 9_000,
        finishedAtMs: noon + 1_000,
        exitCode: 1,
      }),
    ];
    const ending: Ending = { by: 'job', succeeded: false };
    expect(judged({ ending, evidence: { stages, gaps: [gap()] } }).reason).toBe(
      'npm-install failed: exit code 1; the proxy did not answer between 12:00:00 and 12:00:05 UTC.',
    );
    expect(judged({ ending, evidence: { stages, gaps: [gap({ cause: 'no-sampler' })] } }).reason).toBe(
      'npm-install failed: exit code 1.',
    );
  });

  it('is infrastructure when the Job failed without a failed stage', () => {
    expect(judged({ ending: { by: 'job', succeeded: false } })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'infrastructure',
      stage: null,
    });
  });

  it('is proxy-bypassed when the proxy saw less of a stage than a payload takes', () => {
    const stages = [
      npm,
      buildStageEvidence({ stage: 'git-mirror', attributedBytes: LEAST_PAYLOAD_BYTES - 1 }),
      summary,
    ];
    expect(judged({ evidence: { stages } })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'proxy-bypassed',
      stage: 'git-mirror',
      reason: 'The proxy saw nothing of git-mirror although the Job succeeded.',
    });
  });

  it('does not call a stage bypassed whose bytes no connection explains', () => {
    const stages = [
      npm,
      buildStageEvidence({ stage: 'git-mirror', attributedBytes: 0, unattributedBytes: 2 * MIB }),
      summary,
    ];
    expect(judged({ evidence: { stages } }).outcome).toBe('passed');
  });

  it('is evidence-incomplete when what nothing explains at the ends of a stage may have been its own', () => {
    const short = buildStageEvidence({ stage: 'git-mirror', attributedBytes: 0, contestedBytes: LEAST_PAYLOAD_BYTES });
    const verdict = judged({ evidence: { stages: [npm, short, summary] } });
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'git-mirror' });
    expect(verdict.reason).toContain('sample faster than every');
    const shorter = { ...short, contestedBytes: LEAST_PAYLOAD_BYTES - 1 };
    expect(judged({ evidence: { stages: [npm, shorter, summary] } }).failureFamily).toBe('proxy-bypassed');
  });

  it('is evidence-incomplete when readings are missing where nothing was seen', () => {
    const stages = [npm, buildStageEvidence({ stage: 'git-mirror', attributedBytes: 0, gap: true })];
    expect(judged({ evidence: { stages, gaps: [gap()] } })).toMatchObject({
      outcome: 'evidence-incomplete',
      failureFamily: 'evidence-incomplete',
      stage: 'git-mirror',
    });
  });

  it('is proxy-bypassed for a stage that was read all along, although readings are missing for another', () => {
    const unseen = { attributedBytes: 0 };
    const stages = [
      buildStageEvidence({ ...npm, ...unseen, windowBytes: 0, gap: true }),
      buildStageEvidence({ ...git, ...unseen, windowBytes: 0 }),
    ];
    expect(judged({ evidence: { stages, gaps: [gap()] } })).toMatchObject({
      failureFamily: 'proxy-bypassed',
      stage: 'git-mirror',
    });
  });

  it('is insufficient-traffic below the threshold, with both numbers told apart', () => {
    const stages = [npm, buildStageEvidence({ stage: 'git-mirror', attributedBytes: MIB - 1 })];
    expect(judged({ evidence: { stages, gaps: [gap()] } })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'insufficient-traffic',
      reason: 'The proxy saw 3145727 bytes within the stages, 3145728 bytes are needed.',
    });
  });

  it('is evidence-incomplete below the threshold when more may have moved unseen', () => {
    const stages = [npm, buildStageEvidence({ stage: 'git-mirror', attributedBytes: 4096 })];
    const verdict = judged({ evidence: { stages, gaps: [gap({ mayHaveMore: true })] } });
    expect(verdict.outcome).toBe('evidence-incomplete');
    expect(verdict.reason).toContain(
      'The proxy saw 2.0 MiB within the stages, 3.0 MiB are needed, and more may have moved unseen: 1 gap',
    );
  });

  it('cannot be had for a kind that nobody judges', () => {
    expect(() => judgeFor({ kind: 'weather' })).toThrow(InvalidInputError);
  });
});
