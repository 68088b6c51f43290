import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { GATED_BYTES, type GatedUpstream, startGatedUpstream } from '../support/gated-upstream.ts';
import { buildStage } from '../support/plan-builder.ts';
import { type Stack, startStack } from '../support/stack.ts';

const STAGES = [
  { name: 'npm-install', failureFamily: 'npm-download' },
  { name: 'go-download', failureFamily: 'go-download' },
  { name: 'git-mirror', failureFamily: 'git-mirror' },
] as const;

let stack: Stack;
let upstream: GatedUpstream;
beforeAll(async () => {
  upstream = await startGatedUpstream();
  stack = await startStack();
});
afterAll(async () => {
  await stack.stop();
  await upstream.close();
});

/** A plan whose stages each pause in the middle of a download, until the test opens their gate. */
function gatedPlan(tag: string): ReturnType<Stack['plan']> {
  const stages = STAGES.map((stage) =>
    buildStage({ ...stage, needsProxyTraffic: true, ...stack.downloads(upstream.url(`${tag}-${stage.name}`)) }),
  );
  return stack.plan({ stages, thresholds: { payloadBytes: STAGES.length * GATED_BYTES } });
}

/** What must hold however often parts were killed. */
async function expectWhole(input: { result: ResultDocument; tag: string; before: number }): Promise<void> {
  const { result, tag, before } = input;
  expect(result.verdict).toMatchObject({ outcome: 'passed', failureFamily: 'none' });
  for (const { name } of STAGES) expect(upstream.requests(`${tag}-${name}`), `${name} ran once`).toBe(1);
  expect(result.evidence.totalBytes).toBe((await stack.proxyTotalBytes()) - before);
  expect(result.evidence.attributedBytes / result.evidence.totalBytes).toBeGreaterThanOrEqual(0.99);
  for (const stage of result.evidence.stages) expect(stage.attributedBytes).toBeGreaterThan(GATED_BYTES);
}

describe('a run', () => {
  for (const { name: killedIn } of STAGES) {
    it(`survives a worker killed in the middle of ${killedIn}: same verdict, nothing twice, the gap stated`, async () => {
      const tag = `worker-${killedIn}`;
      const before = await stack.proxyTotalBytes();
      const handle = await stack.startPlan(gatedPlan(tag));
      for (const { name } of STAGES) {
        await upstream.reached(`${tag}-${name}`);
        if (name === killedIn) {
          await stack.worker.kill();
          await stack.worker.start();
        }
        upstream.open(`${tag}-${name}`);
      }
      const result = await handle.result();
      await expectWhole({ result, tag, before });
      expect(result.evidence.gaps).toHaveLength(1);
      expect(result.evidence.coverage).toBeLessThan(1);
      expect(result.verdict.reason).toContain('gap');
    });
  }

  it('survives a Temporal server that is stopped and started again on its database', async () => {
    const tag = 'server';
    const before = await stack.proxyTotalBytes();
    const handle = await stack.startPlan(gatedPlan(tag));
    for (const { name } of STAGES) {
      await upstream.reached(`${tag}-${name}`);
      if (name === 'go-download') await stack.server.restart();
      upstream.open(`${tag}-${name}`);
    }
    await expectWhole({ result: await handle.result(), tag, before });
  });

  it('survives both at once, with every stage ending while nobody looks', async () => {
    const tag = 'both';
    const before = await stack.proxyTotalBytes();
    const handle = await stack.startPlan(gatedPlan(tag));
    await upstream.reached(`${tag}-npm-install`);
    await stack.worker.kill();
    await stack.server.restart();
    for (const { name } of STAGES) {
      upstream.open(`${tag}-${name}`);
      await upstream.reached(`${tag}-${name}`);
    }
    await stack.worker.start();
    const result = await handle.result();
    await expectWhole({ result, tag, before });
    expect(result.evidence.gaps).toHaveLength(1);
  });
});
