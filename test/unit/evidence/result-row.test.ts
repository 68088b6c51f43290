import { describe, expect, it } from 'vitest';
import { decodeAnnotations, encodeAnnotations } from '../../../src/evidence/annotation.ts';
import { resultRow, summaryRow } from '../../../src/evidence/result-row.ts';
import { summaryOf } from '../../../src/evidence/result-summary.ts';
import { buildPlan, buildStage } from '../../support/plan-builder.ts';
import { buildEvidence, buildResult, buildStageEvidence } from '../../support/result-builder.ts';

const result = buildResult({
  evidence: buildEvidence({
    totalBytes: 9_999_999,
    stages: [
      buildStageEvidence({
        stage: 'npm-install',
        attributedBytes: 3_145_728,
        unattributedBytes: 524_288,
        durationMs: 3_000,
      }),
      buildStageEvidence({ stage: 'go-download', attributedBytes: 1_048_576, durationMs: 1_000 }),
    ],
  }),
});

describe('the final row', () => {
  it('tells MiB per stage family, the stages together, and the run', () => {
    expect(resultRow(result)).toEqual({
      target: 'local',
      profile: 'host-deps',
      job: 'proxybench-r1',
      state: 'passed',
      durationMs: 9_000,
      imagePullMiB: null,
      apkMiB: null,
      npmMiB: 3.5,
      goMiB: 1,
      gitMirrorMiB: null,
      windowBytes: 4_718_592,
      rateBytesPerSecond: 1_179_648,
      cumulativeBytes: 9_999_999,
      topClient: '127.0.0.1',
      topDestination: 'registry.example:443',
      failureFamily: 'none',
      reason: 'All well.',
    });
  });

  it('tells what the pulls moved, and whose the top client is', () => {
    const client = { name: '10.244.0.1', bytes: 2_097_152, class: 'node' } as const;
    const row = resultRow(
      buildResult({
        plan: buildPlan({
          stages: [buildStage({ name: 'image-pull', kind: 'image-pull', failureFamily: 'image-pull' })],
        }),
        evidence: buildEvidence({ stages: [buildStageEvidence({ stage: 'image-pull', topClient: client })] }),
      }),
    );
    expect(row).toMatchObject({ imagePullMiB: 2, topClient: '10.244.0.1', topClientClass: 'node' });
  });

  it("is the same from the Job's annotation", () => {
    const decoded = decodeAnnotations(encodeAnnotations({ summary: summaryOf(result), digest: 'd' }));
    if (!decoded.found) throw new Error(decoded.why);
    expect(summaryRow(decoded.summary)).toEqual(resultRow(result));
  });
});
