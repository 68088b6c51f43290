import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../../src/cluster/cluster.ts';
import { WORKFLOW_TYPES } from '../../../src/temporal/names.ts';
import type { probeTarget } from '../../../src/workflows/probe-target.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';
import { provideColdNpmImage } from '../../support/cold-npm-image.ts';
import { KUBE, TRANS } from '../../support/cluster-config.ts';
import { type ClusterStack, startClusterStack } from '../../support/cluster-stack.ts';
import { whyNoFaults } from '../../support/real-cluster.ts';
import { TASK_QUEUE } from '../../support/stack.ts';

const whyNot = whyNoFaults();

describe.skipIf(whyNot !== null)(`doctor with a known transfer${whyNot === null ? '' : `: ${whyNot}`}`, () => {
  let stack: ClusterStack;
  beforeAll(async () => {
    stack = await startClusterStack();
  });
  afterAll(async () => {
    await stack.stop();
  });

  const transferJobs = async (): Promise<string> =>
    await stack.cluster.kubectl(
      '-n',
      stack.cluster.namespace,
      'get',
      'jobs',
      '-l',
      'proxybench.dev/profile=doctor',
      '-o',
      'name',
    );

  test.each([
    { target: KUBE, image: 'that the node has to pull', cold: true },
    { target: TRANS, image: 'that the node has', cold: false },
  ])(
    'on $target, with an image $image, tells whose bytes the proxy saw and leaves nothing',
    async ({ target, cold }) => {
      const testCluster = readTestCluster();
      if (testCluster === null) throw new Error('the test cluster is down');
      const image = cold ? ['--transfer-image', await provideColdNpmImage(testCluster)] : [];
      const { code, output } = await stack.cli(['doctor', target, '--transfer', ...image, '--output', 'json']);
      const { checks } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
        readonly checks: readonly Check[];
      };
      expect(checks.filter(({ ok, advisory }) => !ok && advisory !== true)).toEqual([]);
      expect(code).toBe(0);
      const detailOf = (name: string): string | undefined =>
        checks.find((check) => check.name === `${target}: ${name}`)?.detail;
      if (cold) {
        const pulls = detailOf("the container runtime's pulls go through the proxy");
        // Of the image's own 64 MiB, and of its base; what moves after a connection's last reading is known by total alone.
        expect(Number(/^([\d.]+) MiB by the node, seen as /.exec(pulls ?? '')?.[1])).toBeGreaterThan(32);
        expect(pulls).toContain(testCluster.addresses.bridge);
      }
      expect(detailOf("a known transfer is the Pod's at the proxy")).toMatch(
        /^10\.8 MiB downloaded by Pod [\d.]+, 1[01]\.\d MiB seen at the proxy \(\+\d(\.\d)?%\)$/,
      );
      expect(detailOf('free disk on the node')).toMatch(/ free where Pods write; a Job may write /);
      await expect.poll(transferJobs, { timeout: 60_000, interval: 500 }).toBe('');
    },
  );

  test('is ended by a cancel, and its Job with it', async () => {
    const runId = `doctor-cancelled-${Date.now().toString(36)}`;
    const handle = await stack.client.workflow.start<typeof probeTarget>(WORKFLOW_TYPES.probeTarget, {
      taskQueue: TASK_QUEUE,
      workflowId: runId,
      args: [{ target: KUBE, runId }],
    });
    await expect.poll(transferJobs, { timeout: 60_000, interval: 100 }).not.toBe('');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    await expect.poll(async () => (await stack.leftOf(runId)).jobs, { timeout: 60_000, interval: 500 }).toEqual([]);
  });
});
