import { describe, expect, it } from 'vitest';
import type { Evidence, ImageEvidence, StageEvidence, Talker } from '../../../../src/evidence/evidence.ts';
import type { Ending, Verdict } from '../../../../src/evidence/verdict.ts';
import { judgeFor } from '../../../../src/profiles/judges.ts';
import { renderJob } from '../../../../src/profiles/job.ts';
import { LEAST_PAYLOAD_BYTES } from '../../../../src/evidence/perhaps-own.ts';
import { buildPlan, buildStage } from '../../../support/plan-builder.ts';
import { buildEvidence, buildStageEvidence } from '../../../support/result-builder.ts';

const MIB = 1_048_576;
const NODE = 'docker.io/library/node:22-bookworm';
const draft = buildPlan({
  kind: 'k3s-real-deps',
  thresholds: { payloadBytes: 3 * MIB },
  stages: [
    buildStage({
      name: 'image-pull',
      kind: 'image-pull',
      failureFamily: 'image-pull',
      needsProxyTraffic: true,
      images: [NODE],
    }),
    buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true, images: [NODE] }),
    buildStage({ name: 'summary', images: [NODE] }),
  ],
});
const plan = {
  ...draft,
  objects: [renderJob({ plan: draft, resources: { cpuMillicores: 100, memoryMiB: 2_048, diskMiB: 1 } })],
};

const node: Talker = { name: '10.244.0.1', bytes: 2 * MIB, class: 'node' };
const pod: Talker = { name: '10.244.0.17', bytes: 2 * MIB, class: 'pod' };
const other: Talker = { name: '10.244.3.9', bytes: 5 * MIB, class: 'other' };

function pulls(more: Partial<StageEvidence> = {}): StageEvidence {
  return buildStageEvidence({ stage: 'image-pull', attributedBytes: 2 * MIB, topClient: node, ...more });
}
function npm(more: Partial<StageEvidence> = {}): StageEvidence {
  return buildStageEvidence({ stage: 'npm-install', attributedBytes: 2 * MIB, topClient: pod, ...more });
}
const summary = buildStageEvidence({ stage: 'summary', attributedBytes: 0, topClient: null });
const unseen = { attributedBytes: 0, topClient: null } as const;

function image(more: Partial<ImageEvidence> = {}): ImageEvidence {
  return {
    image: NODE,
    outcome: 'pulled',
    startedAtMs: 0,
    finishedAtMs: 1,
    durationMs: 1,
    durationWithQueueMs: 1,
    sizeBytes: 1,
    proxyBytes: 1,
    rateBytesPerSecond: 1,
    ...more,
  };
}
function judged(evidence: Partial<Evidence> = {}, ending: Ending = { by: 'job', succeeded: true }): Verdict {
  return judgeFor({ kind: plan.kind })({
    plan,
    evidence: buildEvidence({
      stages: [pulls(), npm(), summary],
      images: [image()],
      clients: [node, pod],
      shared: false,
      ...evidence,
    }),
    ending,
    logLines: [],
  });
}
const jobFailed: Ending = { by: 'job', succeeded: false };

describe('the verdict on a run on a cluster', () => {
  it('is passed when pulls and containers moved their bytes through a proxy of their own', () => {
    expect(judged().reason).toBe('3 stages passed: 4.0 MiB seen at the proxy, 3.0 MiB needed.');
  });

  it('says of a failed Job without a failed stage what the Job said', () => {
    const evidence = { stages: [pulls({ state: 'not-started' })], jobReason: 'node k3s-1 is not ready' };
    expect(judged(evidence, jobFailed)).toMatchObject({
      outcome: 'failed',
      failureFamily: 'infrastructure',
      stage: null,
      reason: 'The Job failed and none of its stages told of a failure: node k3s-1 is not ready.',
    });
  });

  it('blames no stage for what ended its Job', () => {
    const reason = "the Job's Pod was deleted while npm-install ran";
    const evidence = {
      stages: [pulls(), npm({ state: 'failed', exitCode: 143, reason })],
      jobReason: `${reason}: why`,
    };
    expect(judged(evidence, jobFailed)).toMatchObject({
      outcome: 'failed',
      failureFamily: 'infrastructure',
      stage: 'npm-install',
      reason: `The environment broke: ${reason} (exit code 143).`,
    });
    const byItself = { ...evidence, jobReason: 'BackoffLimitExceeded' };
    expect(judged(byItself, jobFailed).failureFamily).toBe('npm-download');
  });

  it('leaves a pull that its Job failed of with the pulls', () => {
    const reason = 'r/a:1: not found';
    const stages = [pulls({ state: 'failed', reason })];
    expect(judged({ stages, images: [], jobReason: reason }, jobFailed).failureFamily).toBe('image-pull');
  });

  it("says of a failed pull which image it was, in the runtime's words", () => {
    const stages = [pulls({ state: 'failed', reason: 'ErrImagePull' })];
    const images = [image(), image({ outcome: 'failed', reason: 'unexpected status from HEAD request: 500' })];
    expect(judged({ stages, images }, jobFailed)).toMatchObject({
      failureFamily: 'image-pull',
      stage: 'image-pull',
      reason: `image-pull failed: ${NODE}: unexpected status from HEAD request: 500.`,
    });
    const named = [image({ outcome: 'failed', reason: `failed to resolve ${NODE}: not found` })];
    expect(judged({ stages, images: named }, jobFailed).reason).toBe(
      `image-pull failed: failed to resolve ${NODE}: not found.`,
    );
    expect(judged({ stages, images: [] }, jobFailed).reason).toBe('image-pull failed: ErrImagePull.');
  });

  it('names the memory limit of a stage that was killed for want of memory', () => {
    const stages = [pulls(), npm({ state: 'failed', exitCode: 137, reason: 'OOMKilled' })];
    expect(judged({ stages }, jobFailed)).toMatchObject({
      failureFamily: 'npm-download',
      reason: 'npm-install failed: OOMKilled (exit code 137), its memory limit is 2048Mi.',
    });
  });
});

describe('image pulls that the proxy saw nothing of', () => {
  it('are proxy-bypassed, with what to look at', () => {
    const verdict = judged({ stages: [pulls(unseen), npm(), summary] });
    expect(verdict).toMatchObject({ outcome: 'failed', failureFamily: 'proxy-bypassed', stage: 'image-pull' });
    expect(verdict.reason).toBe(
      "The proxy saw nothing of image-pull although the Job succeeded: the node's container runtime did not pull through the proxy; check its HTTP_PROXY, HTTPS_PROXY, NO_PROXY and registry mirrors, see docs/read-a-report.md.",
    );
  });

  it('pass with a note when every image was on the node already, whatever the proxy saw', () => {
    const images = [image({ outcome: 'present' }), image({ outcome: 'present' })];
    const stages = [pulls({ ...unseen, note: 'already on the node' }), npm({ attributedBytes: 4 * MIB }), summary];
    expect(judged({ stages, images }).outcome).toBe('passed');
    expect(judged({ stages, images: [image({ outcome: 'present' }), image()] }).failureFamily).toBe('proxy-bypassed');
  });

  it('are evidence-incomplete when nobody told of any pull', () => {
    const { images: _none, ...evidence } = buildEvidence({
      stages: [pulls({ ...unseen, state: 'not-started' }), npm(), summary],
    });
    const verdict = judgeFor({ kind: plan.kind })({
      plan,
      evidence,
      ending: { by: 'job', succeeded: true },
      logLines: [],
    });
    expect(verdict).toMatchObject({
      outcome: 'evidence-incomplete',
      stage: 'image-pull',
      reason: "The kubelet's events of image pulls were not seen, so nothing tells which bytes were theirs.",
    });
  });

  it('do not hide a container that bypassed the proxy when nobody told of them', () => {
    const stages = [pulls({ ...unseen, state: 'not-started' }), npm(unseen), summary];
    expect(judged({ stages })).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'npm-install' });
  });
});

describe('the verdict on a run that shared its proxy', () => {
  const shared = { clients: [other, node, pod], shared: true } as const;

  it('is passed by what its own connections explain, and says so', () => {
    expect(judged(shared)).toMatchObject({
      outcome: 'passed',
      reason:
        "3 stages passed: 4.0 MiB seen at the proxy, 3.0 MiB needed; other clients used the proxy too: only what the run's own connections explain counts.",
    });
  });

  it('is not passed by bytes that no connection explains', () => {
    const stages = [
      pulls({ attributedBytes: MIB, unattributedBytes: 5 * MIB }),
      npm({ attributedBytes: MIB }),
      summary,
    ];
    expect(judged({ stages }).outcome).toBe('passed');
    expect(judged({ stages, ...shared })).toMatchObject({
      outcome: 'evidence-incomplete',
      reason:
        "The proxy saw 2.0 MiB within the stages, 3.0 MiB are needed; 5.0 MiB more may be the run's own, and nothing tells for certain, for other clients used the proxy too.",
    });
    const few = [pulls({ attributedBytes: MIB, unattributedBytes: 7 }), npm({ attributedBytes: MIB }), summary];
    expect(judged({ stages: few, ...shared })).toMatchObject({
      outcome: 'failed',
      failureFamily: 'insufficient-traffic',
      reason: 'The proxy saw 2.0 MiB within the stages, 3.0 MiB are needed.',
    });
  });

  it('accuses nobody while bytes that no connection explains may be a stage of which nothing else was seen', () => {
    const stages = [pulls(), npm({ ...unseen, unattributedBytes: LEAST_PAYLOAD_BYTES }), summary];
    const verdict = judged({ stages, ...shared });
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'npm-install' });
    expect(verdict.reason).toContain("bytes there that no connection explains may be anybody's: other clients used");
    const fewer = [pulls(), npm({ ...unseen, unattributedBytes: LEAST_PAYLOAD_BYTES - 1 }), summary];
    expect(judged({ stages: fewer, ...shared })).toMatchObject({
      failureFamily: 'proxy-bypassed',
      stage: 'npm-install',
    });
  });

  it('is evidence-incomplete where readings are missing for a stage of which nothing was seen', () => {
    const stages = [pulls(), npm({ ...unseen, gap: true }), summary];
    expect(judged({ stages, ...shared })).toMatchObject({ outcome: 'evidence-incomplete', stage: 'npm-install' });
  });
});

describe('the verdict on a run of which nobody can tell who moved the bytes', () => {
  const { class: _class, ...nobody } = other;

  it.each([
    ['its Pod', [pulls(), npm({ topClient: nobody }), summary], 'npm-install', "its Pod's"],
    ['its node', [pulls({ topClient: nobody }), npm(), summary], 'image-pull', "its node's"],
  ])('is evidence-incomplete when the target never told the address of %s', (_, stages, stage, whose) => {
    const { shared: _shared, ...evidence } = buildEvidence({ stages, images: [image()], clients: [nobody] });
    const verdict = judgeFor({ kind: plan.kind })({
      plan,
      evidence,
      ending: { by: 'job', succeeded: true },
      logLines: [],
    });
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage });
    expect(verdict.reason).toContain(`the target never told the run ${whose} address`);
  });

  it("is evidence-incomplete when bytes that may be anybody's would be needed", () => {
    const stages = [
      pulls({ attributedBytes: MIB, unattributedBytes: 5 * MIB }),
      npm({ attributedBytes: MIB }),
      summary,
    ];
    const { shared: _shared, ...evidence } = buildEvidence({ stages, images: [image()], clients: [pod, node, nobody] });
    const verdict = judgeFor({ kind: plan.kind })({
      plan,
      evidence,
      ending: { by: 'job', succeeded: true },
      logLines: [],
    });
    expect(verdict.outcome).toBe('evidence-incomplete');
    const quiet = {
      ...evidence,
      stages: [pulls({ ...unseen, unattributedBytes: LEAST_PAYLOAD_BYTES }), npm(), summary],
    };
    const unsure = judgeFor({ kind: plan.kind })({
      plan,
      evidence: quiet,
      ending: { by: 'job', succeeded: true },
      logLines: [],
    });
    expect(unsure.reason).toContain("may be anybody's: other clients may have used the proxy too");
  });
});
