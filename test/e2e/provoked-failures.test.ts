import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createHostCluster } from '../../src/cluster/host/host-cluster.ts';
import { decodeAnnotations } from '../../src/evidence/annotation.ts';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import type { Stage } from '../../src/plan/plan.ts';
import { cancelRun } from '../../src/workflows/messages.ts';
import { SHIPPED_CONFIG_DIR } from '../support/config-dir.ts';
import { GATED_BYTES, type GatedUpstream, startGatedUpstream } from '../support/gated-upstream.ts';
import { buildStage } from '../support/plan-builder.ts';
import { type RunHandle, type Stack, TASK_QUEUE, startStack } from '../support/stack.ts';

interface RawStage {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
}
interface RawProfile {
  readonly realDeps: { readonly stages: readonly RawStage[]; readonly gitMirror: unknown };
}

/** The shipped profile cut down to one stage, changed so that its tool must fail. */
async function failingProfiles(): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(join(SHIPPED_CONFIG_DIR, 'platform-infra', 'egress-proxy-benchmarks.yaml'), 'utf8');
  const { profiles } = parse(text) as { readonly profiles: { readonly 'host-deps': RawProfile } };
  const shipped = profiles['host-deps'];
  const only = (name: string, change: Partial<RawStage>, gitMirror: unknown = shipped.realDeps.gitMirror): unknown => ({
    ...shipped,
    realDeps: {
      gitMirror,
      stages: shipped.realDeps.stages.filter((stage) => stage.name === name).map((stage) => ({ ...stage, ...change })),
    },
  });
  const packageJson = { private: true, dependencies: { '@proxybench-nobody/no-such-package': '1.0.0' } };
  return {
    'npm-fails': only('npm-install', { files: { 'package.json': JSON.stringify(packageJson) } }),
    'go-fails': only('go-download', {
      files: { 'go.mod': 'module proxybench.dev/stage\n\ngo 1.18\n\nrequire golang.org/x/no-such-module v0.0.1\n' },
    }),
    'git-fails': only('git-mirror', {}, { remote: 'https://github.com/proxybench-nobody/no-such-repository.git' }),
  };
}

let stack: Stack;
let upstream: GatedUpstream;
beforeAll(async () => {
  upstream = await startGatedUpstream();
  const profiles = Object.entries(await failingProfiles()).map(
    ([name, profile]) => [['profiles', name], profile] as const,
  );
  stack = await startStack({ profiles });
});
afterAll(async () => {
  await stack.stop();
  await upstream.close();
});

function startByName(profile: string): Promise<RunHandle> {
  return stack.client.workflow.start('benchmarkTarget', {
    taskQueue: TASK_QUEUE,
    workflowId: `test-${profile}`,
    args: [{ target: 'local', profile, runId: profile }],
  });
}

function npmStage(overrides: Partial<Stage>): Stage {
  return buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true, ...overrides });
}

/** Nothing of the run is alive, its working files are gone, and its Job tells the same verdict without Temporal. */
async function expectCleanedUp(result: ResultDocument): Promise<void> {
  expect(stack.processesOf(result.plan.runId)).toEqual([]);
  expect(result.endingProblems).toEqual([]);
  const cluster = createHostCluster({ stateDir: stack.stateDir });
  const job = await cluster.readJob({ namespace: result.plan.target.namespace, jobName: result.plan.jobName });
  expect(decodeAnnotations(job?.annotations ?? {})).toMatchObject({
    found: true,
    summary: {
      outcome: result.verdict.outcome,
      failureFamily: result.verdict.failureFamily,
      reason: result.verdict.reason,
    },
  });
  expect(await readdir(join(stack.stateDir, 'runs', result.plan.jobName))).not.toContain('work');
}

describe('a provoked failure gets its own family and a useful reason', () => {
  const tools = [
    { profile: 'npm-fails', stage: 'npm-install', family: 'npm-download', says: /no-such-package|E404|404/ },
    { profile: 'go-fails', stage: 'go-download', family: 'go-download', says: /no-such-module/ },
    { profile: 'git-fails', stage: 'git-mirror', family: 'git-mirror', says: /no-such-repository/ },
  ];
  for (const { profile, stage, family, says } of tools) {
    it(`${family}: the tool itself fails in ${stage}`, async () => {
      const result = await (await startByName(profile)).result();
      expect(result.verdict).toMatchObject({ outcome: 'failed', failureFamily: family, stage });
      expect(result.verdict.logLines.join('\n')).toMatch(says);
      expect(result.verdict.reason).toContain('exit code');
      await expectCleanedUp(result);
    });
  }

  it('deadline: a stage outlives its own', async () => {
    const stage = npmStage({ deadlineMs: 6_000, ...stack.downloads(upstream.url('deadline')) });
    const result = await (await stack.startPlan(stack.plan({ stages: [stage] }))).result();
    expect(result.verdict).toMatchObject({ outcome: 'deadline', failureFamily: 'deadline', stage: 'npm-install' });
    expect(result.evidence.totalBytes).toBeGreaterThan(GATED_BYTES / 2);
    await expectCleanedUp(result);
  });

  it('proxy killed in the middle of a stage: the stage fails, and the reason says that the proxy was away', async () => {
    const stage = npmStage(stack.downloads(upstream.url('proxy-killed')));
    const handle = await stack.startPlan(stack.plan({ stages: [stage] }));
    await upstream.reached('proxy-killed');
    await stack.proxy.kill();
    const result = await handle.result();
    await stack.proxy.start();
    expect(result.verdict).toMatchObject({ outcome: 'failed', failureFamily: 'npm-download', stage: 'npm-install' });
    expect(result.verdict.reason).toContain('proxy did not answer');
    await expectCleanedUp(result);
  });

  it('proxy-bypassed: a stage succeeds and the proxy saw nothing of it', async () => {
    upstream.open('bypassed');
    const { command, files } = stack.downloads(upstream.url('bypassed'));
    const bypass = ['sh', '-c', 'unset http_proxy; exec "$@"', 'bypass', ...command];
    const stages = [npmStage({ command: bypass, files })];
    const result = await (await stack.startPlan(stack.plan({ stages }))).result();
    expect(result.verdict).toMatchObject({ outcome: 'failed', failureFamily: 'proxy-bypassed' });
    expect(result.verdict.reason).toContain('npm-install');
    await expectCleanedUp(result);
  });

  it('insufficient-traffic: everything succeeded, and the proxy saw too little of it', async () => {
    upstream.open('too-little');
    const stage = npmStage(stack.downloads(upstream.url('too-little')));
    const plan = stack.plan({ stages: [stage], thresholds: { payloadBytes: 2 * GATED_BYTES } });
    const result = await (await stack.startPlan(plan)).result();
    expect(result.verdict).toMatchObject({ outcome: 'failed', failureFamily: 'insufficient-traffic' });
    await expectCleanedUp(result);
  });

  it('cancelled: the signal ends every process and keeps the evidence so far', async () => {
    const stubborn = ['sh', '-c', 'trap "" TERM; "$@"; while true; do sleep 1; done', 'stubborn'];
    const { command, files } = stack.downloads(upstream.url('cancelled'));
    const stage = npmStage({ command: [...stubborn, ...command], files });
    const plan = stack.plan({ stages: [stage] });
    const handle = await stack.startPlan(plan);
    await upstream.reached('cancelled');
    expect(stack.processesOf(plan.runId).length).toBeGreaterThan(0);
    await handle.signal(cancelRun, { reason: 'seen enough' });
    const result = await handle.result();
    expect(result.verdict).toMatchObject({ outcome: 'cancelled', failureFamily: 'cancelled' });
    expect(result.verdict.reason).toContain('seen enough');
    expect(result.evidence.totalBytes).toBeGreaterThan(GATED_BYTES / 2);
    await expectCleanedUp(result);
  });
});
