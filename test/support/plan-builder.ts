// The smallest valid Plan, for tests to say only what they are about.
import { randomUUID } from 'node:crypto';
import type { Plan, Stage } from '../../src/plan/plan.ts';

/** A stage that runs `true` on a host; `overrides` take its fields' places. */
export function buildStage(overrides: Partial<Stage> = {}): Stage {
  return {
    name: 'stage-1',
    kind: 'container',
    failureFamily: 'infrastructure',
    deadlineMs: 60_000,
    needsProxyTraffic: false,
    images: [],
    command: ['true'],
    env: [],
    files: {},
    tools: [],
    serveThisClone: false,
    ...overrides,
  };
}

/** A stage whose body is a shell script. */
export function buildScript(input: { readonly name: string; readonly script: string } & Partial<Stage>): Stage {
  const { script, ...overrides } = input;
  return buildStage({ command: ['sh', '-c', script], ...overrides });
}

/** A plan for a host target under a run id of its own; `overrides` take its fields' places. */
export function buildPlan(overrides: Partial<Plan> = {}): Plan {
  const runId = overrides.runId ?? `test-${randomUUID().slice(0, 13)}`;
  return {
    version: 1,
    runId,
    kind: 'host-deps',
    profile: 'host-deps',
    target: { name: 'local', node: 'local', namespace: 'default', connection: { reach: 'host' } },
    proxy: {
      service: 'test-egress-proxy',
      url: 'http://127.0.0.1:7890',
      noProxy: '',
      controlUrl: 'http://127.0.0.1:9090',
    },
    jobName: `proxybench-${runId}`,
    specHash: 'a'.repeat(64),
    labels: { 'app.kubernetes.io/managed-by': 'proxybench', 'proxybench.dev/run-id': runId },
    objects: [],
    stages: [buildStage()],
    omittedStages: [],
    sampling: { intervalMs: 1_000 },
    deadlineMs: 120_000,
    pullRetry: { maxAttempts: 1, backoffMs: 1_000 },
    thresholds: { payloadBytes: 0 },
    cleanUp: { keepFinishedMs: 3_600_000, stopGraceMs: 1_000 },
    ...overrides,
  };
}
