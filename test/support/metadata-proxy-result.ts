// A finished run of the metadata proxy, judged by its own judge, for tests of what is shown of it.
import type { CompanionEvidence } from '../../src/evidence/companion-model.ts';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { judgeFor } from '../../src/profiles/judges.ts';
import { buildReportText } from './load-report-builder.ts';
import { buildPlan, buildStage } from './plan-builder.ts';
import { buildEvidence, buildResult, buildStageEvidence } from './result-builder.ts';

const MIB = 1_048_576;
const PAGE = { port: 1, path: '/' };
const LIMITS = { '500m': { cpuMillicores: 500, memoryMiB: 25 }, '30m': { cpuMillicores: 30, memoryMiB: 25 } };

/** One load of 200,000 requests and one of 5,000, both passed. */
export function metadataProxyResult(): ResultDocument {
  const common = { image: null, command: ['x'], env: [], files: {}, ready: PAGE };
  const plan = buildPlan({
    runId: 'r1',
    kind: 'metadata-proxy',
    profile: 'metadata-proxy-25mi',
    sampling: { intervalMs: 1_000, source: 'companions' },
    thresholds: { payloadBytes: 0, failedRequests: 0, restarts: 0 },
    companions: [
      { ...common, name: 'upstream' },
      ...Object.entries(LIMITS).map(([name, limits]) => ({ ...common, name: `proxy-${name}`, limits, metrics: PAGE })),
    ],
    stages: Object.keys(LIMITS).map((name) => buildStage({ name: `load-${name}` })),
  });
  const evidence = buildEvidence({
    sampled: 'companions',
    stages: Object.keys(LIMITS).map((name, index) => ({
      ...buildStageEvidence({ stage: `load-${name}`, attributedBytes: 0, topClient: null, topDestination: null }),
      report: buildReportText({ requests: index === 0 ? 200_000 : 5_000 }),
    })),
    companions: [unlimited('upstream'), held('proxy-500m'), held('proxy-30m')],
  });
  const ending = { by: 'job', succeeded: true } as const;
  const verdict = judgeFor(plan)({ plan, evidence, ending, logLines: [] });
  return buildResult({ plan, evidence, ending, verdict });
}

function unlimited(name: string): CompanionEvidence {
  return { name, readings: 9, usage: null, metrics: {}, growth: {}, stages: [], limits: 'none' };
}

function held(name: string): CompanionEvidence {
  const usage = {
    memoryBytes: 20 * MIB,
    peakMemoryBytes: 21.3 * MIB,
    memoryLimitBytes: 25 * MIB,
    cpuLimitMillicores: 500,
    cpuSeconds: 3.5,
    periods: 1_180,
    throttledPeriods: 1_160,
    throttledSeconds: 2,
    restarts: 0,
    oomKills: 0,
  };
  return { ...unlimited(name), usage, limits: 'enforced' };
}
