import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../../src/evidence/result-document.ts';
import { KUBE, STARVED_PROFILE } from '../../support/cluster-config.ts';
import { type ClusterStack, startClusterStack } from '../../support/cluster-stack.ts';
import { brokenMetadataClaims, SMALL_METADATA_PROFILE as PROFILE } from '../../support/metadata-proxy-claims.ts';
import { whyNoFaults } from '../../support/real-cluster.ts';
import { pushShippedImage } from '../../support/shipped-image.ts';

/** A build of the image and its first pull, on two busy cores. */
const SET_UP_WITHIN_MS = 9 * 60_000;
const RUN_WITHIN_MS = 5 * 60_000;

// On a user's cluster nobody has pushed the image.
const why = whyNoFaults();

describe.skipIf(why !== null)(
  `the metadata proxy within its limits, on a real node${why === null ? '' : ` (left out: ${why})`}`,
  () => {
    let stack: ClusterStack;
    beforeAll(async () => {
      stack = await startClusterStack();
      await pushShippedImage({ onLine: (line) => process.stderr.write(`${line}\n`) });
    }, SET_UP_WITHIN_MS);
    afterAll(() => stack.stop());

    it(
      'passes by the command line with every claim held by cgroup and kubelet, and leaves its Job alone',
      async () => {
        const words = ['run', '--targets', KUBE, '--profile', PROFILE, '--confirm', '--wait'];
        const { code, output } = await stack.cli(words);
        expect(code, output).toBe(0);
        expect(output).toContain('The proxy within its limits');

        const runId = /run (\S+), read from/.exec(output)?.[1] ?? '';
        const handle = stack.client.workflow.getHandle(`proxybench-run-${runId}`);
        const result = (await handle.result()) as ResultDocument;
        expect(brokenMetadataClaims(result), output).toEqual([]);
        const { annotated, alivePods, unowned } = await stack.leftOf(runId);
        expect({ alivePods, unowned }).toEqual({ alivePods: [], unowned: [] });
        expect(annotated).toMatchObject({ found: true, summary: { outcome: 'passed', tables: result.verdict.tables } });
      },
      RUN_WITHIN_MS,
    );

    it(
      'fails for want of memory by its own name where the kubelet tells that the proxy was killed',
      async () => {
        const { code, output } = await stack.cli([
          'run',
          '--targets',
          KUBE,
          '--profile',
          STARVED_PROFILE,
          '--confirm',
          '--wait',
        ]);
        expect(code, output).toBe(3);
        const runId = /run (\S+), read from/.exec(output)?.[1] ?? '';
        const { verdict } = (await stack.client.workflow
          .getHandle(`proxybench-run-${runId}`)
          .result()) as ResultDocument;
        expect(verdict, output).toMatchObject({ failureFamily: 'memory-limit', stage: 'load-500m' });
        expect(verdict.reason).toMatch(/^500m\/12Mi: proxy-500m was killed (once|\d+ times) for want of memory/);
      },
      RUN_WITHIN_MS,
    );
  },
);
