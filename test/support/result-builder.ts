// A finished run's evidence and result, for tests to say only what they are about.
import type { Evidence, StageEvidence } from '../../src/evidence/evidence.ts';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { buildPlan, buildStage } from './plan-builder.ts';

export function buildStageEvidence(overrides: Partial<StageEvidence> = {}): StageEvidence {
  const attributedBytes = overrides.attributedBytes ?? 2_097_152;
  const unattributedBytes = overrides.unattributedBytes ?? 0;
  return {
    stage: 'npm-install',
    state: 'passed',
    startedAtMs: 1_000,
    finishedAtMs: 3_000,
    durationMs: 2_000,
    windowBytes: attributedBytes + unattributedBytes,
    attributedBytes,
    unattributedBytes,
    contestedBytes: 0,
    rateBytesPerSecond: 1_048_576,
    cumulativeBytes: 2_097_152,
    topClient: { name: '127.0.0.1', bytes: 2_000_000 },
    topDestination: { name: 'registry.example:443', bytes: 1_900_000 },
    gap: false,
    ...overrides,
  };
}

/** Evidence whose totals are those of its stages. */
export function buildEvidence(overrides: Partial<Evidence> = {}): Evidence {
  const stages = overrides.stages ?? [buildStageEvidence()];
  const attributedBytes = stages.reduce((total, stage) => total + stage.attributedBytes, 0);
  const unattributedBytes = stages.reduce((total, stage) => total + stage.unattributedBytes, 0);
  return {
    version: 1,
    stages,
    totalBytes: attributedBytes + unattributedBytes,
    uploadBytes: 0,
    downloadBytes: attributedBytes + unattributedBytes,
    attributedBytes,
    outsideBytes: 0,
    unattributedBytes,
    attributedShare: 1,
    coverage: 1,
    gaps: [],
    largestGapMs: 0,
    proxyRestarts: 0,
    topClient: stages[0]?.topClient ?? null,
    topDestination: stages[0]?.topDestination ?? null,
    omittedStages: [],
    ...overrides,
  };
}

export function buildResult(overrides: Partial<ResultDocument> = {}): ResultDocument {
  return {
    version: 1,
    plan: buildPlan({
      runId: 'r1',
      kind: 'k3s-real-deps',
      stages: [
        buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true }),
        buildStage({ name: 'go-download', failureFamily: 'go-download', needsProxyTraffic: true }),
      ],
    }),
    startedAtMs: 500,
    finishedAtMs: 9_500,
    durationMs: 9_000,
    ending: { by: 'job', succeeded: true },
    evidence: buildEvidence(),
    verdict: { outcome: 'passed', failureFamily: 'none', reason: 'All well.', stage: null, logLines: [] },
    pullAttempts: 1,
    endingProblems: [],
    ...overrides,
  };
}
