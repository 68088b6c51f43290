// The shipped benchmark with less to download, by the real command line, on a real node; and a worker killed on the way.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAnnotations, encodeAnnotations } from '../../../src/evidence/annotation.ts';
import type { ResultDocument } from '../../../src/evidence/result-document.ts';
import { summaryOf } from '../../../src/evidence/result-summary.ts';
import { BYTES_PER_MIB } from '../../../src/quantities/quantities.ts';
import { KUBE, SMALL_PROFILE, TRANS } from '../../support/cluster-config.ts';
import { type ClusterStack, startClusterStack } from '../../support/cluster-stack.ts';
import {
  brokenClaims,
  type MeasuredRun,
  measuredRun,
  MOST_ROUTE_DIFFERENCE,
  routeDifferences,
} from '../../support/measured-run.ts';
import { whyNoRealCluster, whyNoTrans } from '../../support/real-cluster.ts';
import { realDepsProfile } from '../../support/real-deps-profile.ts';

const why = whyNoRealCluster();
const whyNotOverTrans = whyNoTrans();

function title(what: string, leftOut: string | null): string {
  return leftOut === null ? what : `${what} (left out: ${leftOut})`;
}

describe.skipIf(why !== null)(title('a run on a real node', why), () => {
  let stack: ClusterStack;
  beforeAll(async () => {
    stack = await startClusterStack();
  });
  afterAll(async () => {
    await stack?.stop();
  });

  const runs = new Map<string, MeasuredRun>();

  async function runOver(target: string): Promise<MeasuredRun> {
    const run = await measuredRun({ stack, target, profile: SMALL_PROFILE });
    runs.set(target, run);
    return run;
  }

  async function expectWhole(run: MeasuredRun): Promise<void> {
    const payloadBytes = realDepsProfile({ config: stack.config, name: SMALL_PROFILE }).payloadMiB * BYTES_PER_MIB;
    expect(brokenClaims({ run, payloadBytes }), run.output).toEqual([]);
    const { plan, evidence } = run.result;
    const pulls = evidence.images ?? [];
    expect(new Set(pulls.map(({ image }) => image))).toEqual(new Set(plan.stages[0]?.images));
    if (run.coldImages) expect(pulls.map(({ outcome }) => outcome)).toEqual(pulls.map(() => 'pulled'));
    const podIps = await stack.cluster.kubectl(
      ...['-n', plan.target.namespace, 'get', 'pods', '-l', `proxybench.dev/run=${plan.runId}`],
      ...['-o', 'jsonpath={.items[*].status.podIP}'],
    );
    for (const { stage, topClient } of evidence.stages.slice(1, -1)) expect(topClient?.name, stage).toBe(podIps);
    await expectLeftAsPromised(run.result);
  }

  /** Only the finished Job is there, about to expire with all that it owns, and it tells the result without Temporal. */
  async function expectLeftAsPromised(result: ResultDocument): Promise<void> {
    const { annotated, ...left } = await stack.leftOf(result.plan.runId);
    const ttlSeconds = result.plan.cleanUp.keepFinishedMs / 1000;
    expect(left).toEqual({
      jobs: [{ name: result.plan.jobName, finished: true, ttlSeconds }],
      alivePods: [],
      unowned: [],
    });
    if (!annotated.found) throw new Error(annotated.why);
    const written = encodeAnnotations({ summary: summaryOf(result), digest: annotated.digest });
    expect(annotated).toEqual(decodeAnnotations(written));
  }

  it('passes by the command line over a kubeconfig, all that the proxy counted in it and each stage’s main client the right one', async () => {
    await expectWhole(await runOver(KUBE));
  });

  it.skipIf(whyNotOverTrans !== null)(
    title('passes over trans with the same bytes in every stage within 2 %', whyNotOverTrans),
    async () => {
      const overTrans = await runOver(TRANS);
      await expectWhole(overTrans);
      const overKube = runs.get(KUBE) ?? (await runOver(KUBE));
      const apart = routeDifferences(overKube, overTrans).filter(
        ({ difference }) => Math.abs(difference) >= MOST_ROUTE_DIFFERENCE,
      );
      expect(apart).toEqual([]);
    },
  );

  const routes = [
    { target: KUBE, gaps: 1, says: 'one gap stated', leftOut: null },
    { target: TRANS, gaps: 0, says: 'no gap, for the recorder went on', leftOut: whyNotOverTrans },
  ];
  for (const { target, gaps, says, leftOut } of routes) {
    it.skipIf(leftOut !== null)(
      title(`survives a worker killed in npm-install over ${target}: the same totals, ${says}`, leftOut),
      async () => {
        const before = await stack.counters();
        const runId = `killed-${randomUUID().slice(0, 8)}`;
        const handle = await stack.startByName({ target, profile: SMALL_PROFILE, runId });
        await stack.stageIs({ handle, stage: 'npm-install', state: 'running' });
        await stack.worker.kill();
        await stack.worker.start();
        const result = await handle.result();
        // A stage that began and ended while nobody read was seen in the totals alone, and nobody may vouch for it.
        const unread = result.evidence.stages.filter(({ gap, windowBytes }) => gap && windowBytes < 1024);
        expect(result.verdict.outcome, result.verdict.reason).toBe(
          unread.some(({ stage }) => stage !== 'summary') ? 'evidence-incomplete' : 'passed',
        );
        const counted = (await stack.counters()).totalBytes - before.totalBytes;
        expect(Math.abs(result.evidence.totalBytes / counted - 1)).toBeLessThan(0.01);
        expect(result.evidence.gaps, JSON.stringify(result.evidence.gaps)).toHaveLength(gaps);
        expect(result.verdict.reason.includes('gap')).toBe(gaps > 0);
        await expectLeftAsPromised(result);
      },
    );
  }
});
