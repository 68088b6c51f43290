import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { endProcesses } from '../../src/processes/end-processes.ts';
import { markerOfRun } from '../../src/processes/run-marker.ts';
import type { RunReport } from '../../src/reports/run-report.ts';
import { runWorkflowId } from '../../src/temporal/names.ts';
import type { benchmarkTarget } from '../../src/workflows/benchmark-target.ts';
import { cancelRun } from '../../src/workflows/messages.ts';
import { whyNoCgroup } from '../support/cgroup.ts';
import { crowdedProfile } from '../support/crowded-profile.ts';
import { freePortRange } from '../support/free-port-range.ts';
import { brokenMetadataClaims, SMALL_METADATA_PROFILE as PROFILE } from '../support/metadata-proxy-claims.ts';
import { type Stack, startStack } from '../support/stack.ts';

/** Upstream, and two proxies with two ports each. */
const PORTS = 5;
const why = await whyNoCgroup();

describe.skipIf(why !== null)(
  `the metadata proxy within its limits, on this machine${why === null ? '' : ` (left out: ${why})`}`,
  () => {
    let stack: Stack;
    beforeAll(async () => {
      const firstPort = await freePortRange({ count: PORTS });
      stack = await startStack({
        profiles: [
          [['profiles', PROFILE, 'metadataProxy', 'firstPort'], firstPort],
          [['profiles', 'starved'], crowdedProfile({ firstPort, memoryMiB: 8, cpuMillicores: 500, requests: 20_000 })],
          [['profiles', 'long'], crowdedProfile({ firstPort, memoryMiB: 128, cpuMillicores: 30, requests: 1_000_000 })],
        ],
      });
    });
    afterAll(() => stack.stop());

    it('passes by the command line with every claim held, shows its tables everywhere, and leaves nothing running', async () => {
      const { code, output } = await benchmark(PROFILE, '--wait');
      expect(code, output).toBe(0);
      for (const shown of ['The proxy within its limits', '500m/25Mi  total']) {
        expect(output).toContain(shown);
      }
      expect(output).toMatch(/passed: 2 limits passed: 500m\/25Mi [\d,]+ requests\/s, p99 \S+ m?s, 0 failed, peak/);

      const { target, run, workflowId, summary, source } = await statusOf(output);
      expect({ target, source }).toEqual({ target: 'local', source: "the Job's annotation" });
      const result = (await stack.client.workflow.getHandle(workflowId ?? '').result()) as ResultDocument;
      expect(brokenMetadataClaims(result), output).toEqual([]);
      expect(summary?.tables).toEqual(result.verdict.tables);

      const described = await stack.temporal('workflow', 'metadata', '--workflow-id', workflowId ?? '');
      expect(described.output).toContain('Times of a request in milliseconds');
      expect(stack.processesOf(run ?? '')).toEqual([]);
    });

    it('fails for want of memory by its own name where the kernel kills the proxy, and says what was measured', async () => {
      const { code, output } = await benchmark('starved', '--wait');
      expect(code, output).toBe(3);
      const { verdict, evidence } = await resultOf(output);
      expect(verdict, output).toMatchObject({ outcome: 'failed', failureFamily: 'memory-limit', stage: 'load-500m' });
      expect(verdict.reason).toMatch(
        /^500m\/8Mi: proxy-500m was killed (once|\d+ times) for want of memory; measured: /,
      );
      expect(output.replaceAll(/\s+/g, ' ')).toContain('for want of memory');
      const proxy = evidence.companions?.find(({ name }) => name === 'proxy-500m');
      expect(proxy).toMatchObject({ limits: 'enforced', usage: { memoryLimitBytes: 8 * 1_048_576 } });
      expect(proxy?.usage?.oomKills).toBeGreaterThan(0);
    });

    it('refuses a second run on the machine while the first one measures, which goes on as if nothing had been', async () => {
      const first = await benchmark('long');
      expect(first.code, first.output).toBe(0);
      const runId = runIn(first.output);
      onTestFinished(() => endProcesses({ marker: markerOfRun(runId), graceMs: 0 }).then(() => undefined));
      const handle = stack.client.workflow.getHandle<typeof benchmarkTarget>(runWorkflowId(runId));
      // Its fleet has still to start it.
      const begun = (): Promise<void> => stack.stageIs({ handle, stage: 'load-30m', state: 'running' });
      await vi.waitFor(begun, { timeout: 60_000 });

      const second = await benchmark(PROFILE, '--wait');
      expect(second.code, second.output).toBe(7);
      const { verdict, evidence } = await resultOf(second.output);
      expect(verdict).toMatchObject({
        outcome: 'unreachable',
        reason: 'Out of reach: another run is measuring through local-egress-proxy; wait for it or cancel it.',
      });
      expect(evidence.companions?.map(({ readings }) => readings)).toEqual([0, 0, 0]);

      await handle.signal(cancelRun, { reason: 'it was there first' });
      const { verdict: last, evidence: seen } = await handle.result();
      expect(last).toMatchObject({ outcome: 'cancelled', stage: 'load-30m' });
      expect(seen.companions?.map(({ usage }) => usage?.restarts)).toEqual([0, 0]);
    });

    async function benchmark(profile: string, ...more: readonly string[]): ReturnType<Stack['cli']> {
      const command = ['run', '--targets', 'local', '--profile', profile, '--confirm', ...more];
      return stack.cli(...command, '--config-dir', stack.configDir);
    }

    async function resultOf(output: string): Promise<ResultDocument> {
      return await stack.client.workflow.getHandle<typeof benchmarkTarget>(runWorkflowId(runIn(output))).result();
    }

    async function statusOf(output: string): Promise<RunReport> {
      const run = /run (\S+), read from/.exec(output)?.[1] ?? '';
      const status = await stack.cli('status', '--run', run, '--output', 'json');
      const { runs } = JSON.parse(status.output.slice(status.output.indexOf('{'))) as {
        readonly runs: readonly RunReport[];
      };
      const [report] = runs;
      if (report === undefined) throw new Error(`no run in: ${status.output}`);
      return report;
    }
  },
);

/** The id of the one run that was started. */
function runIn(output: string): string {
  const id = /proxybench-run-(\S+)/.exec(output)?.[1];
  if (id === undefined) throw new Error(`no run in: ${output}`);
  return id;
}
