import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKubeconfigCluster } from '../../../src/cluster/kubeconfig/kubeconfig-cluster.ts';
import type { CompanionReading } from '../../../src/evidence/companion-model.ts';
import { type Companion, type Plan, REPORT_FILE, referenceOf } from '../../../src/plan/plan.ts';
import { type DiagnosedCluster, openDiagnosedCluster } from '../../support/diagnosed-cluster.ts';
import { findRealCluster, withObjects } from '../../support/kubeconfig-fixture.ts';
import { readToEnd } from '../cluster-contract.ts';

const real = findRealCluster();
const image = 'whyNot' in real ? '' : real.image;
const whyNot =
  'whyNot' in real ? real.whyNot : image.startsWith('docker.io/proxybench') ? null : 'not the test cluster';
const never = new AbortController().signal;
const MIB = 1024 * 1024;
/** A kubelet looks at its containers every ten seconds or so. */
const LOOKED_AT_WITHIN = { timeout: 60_000, interval: 500 };

/** busybox's own web server, whose pages are its files. */
const program: Companion = {
  name: 'program',
  image,
  command: ['sh', '-c', 'trap "exit 0" TERM; httpd -p 18080 -h .; while :; do sleep 0.2; done'],
  env: [],
  files: { healthz: 'ok\n', metrics: '# TYPE seen_total counter\nseen_total{by="file"} 5\n' },
  limits: { memoryMiB: 64, cpuMillicores: 200 },
  ready: { port: 18_080, path: '/healthz' },
  metrics: { port: 18_080, path: '/metrics' },
};
/** Wants more than it may have, three seconds after its first start. */
const hungry: Companion = {
  ...program,
  name: 'hungry',
  command: [
    'sh',
    '-c',
    'trap "exit 0" TERM; httpd -p 18081 -h .; if [ ! -e grown ]; then touch grown; sleep 3; head -c 200000000 /dev/zero | tail > /dev/null; exit 1; fi; while :; do sleep 0.2; done',
  ],
  ready: { port: 18_081, path: '/healthz' },
  metrics: { port: 18_081, path: '/metrics' },
};

describe.skipIf(whyNot !== null)(
  `companions on a real cluster${whyNot === null ? '' : `: ${whyNot}`}`,
  { timeout: 240_000 },
  () => {
    let diagnosed: DiagnosedCluster;
    beforeEach(async () => {
      diagnosed = await openDiagnosedCluster();
    });
    afterEach(async () => {
      await diagnosed.dispose();
    });

    const planOf = (companions: readonly Companion[], script: string): Plan =>
      withObjects({ ...diagnosed.fixture.plan({ scripts: { only: script } }), companions });
    const read = (plan: Plan): Promise<readonly CompanionReading[]> =>
      diagnosed.fixture.cluster.readCompanions({ plan: referenceOf(plan), signal: never });
    const named = (readings: readonly CompanionReading[], name: string) => readings.find((each) => each.name === name);

    test('are up before the stages, held to their limits, read while they run, and gone with the Job', async () => {
      const { cluster } = diagnosed.fixture;
      const report = '{"requests":5}';
      const ask = `wget -qO- http://127.0.0.1:18080/healthz; echo '${report}' > ${REPORT_FILE}; until [ -e enough ]; do sleep 1; [ "$(($(date +%s) - start))" -lt 60 ] || touch enough; done`;
      const plan = planOf([program, hungry], `start=$(date +%s); ${ask}`);
      expect(await read(plan)).toEqual([]);
      await cluster.apply({ plan, signal: never });
      await vi.waitFor(async () => {
        const readings = await read(plan);
        expect(named(readings, 'program')).toMatchObject({
          metrics: { 'seen_total{by="file"}': 5 },
          usage: { memoryLimitBytes: 64 * MIB, cpuLimitMillicores: 200, restarts: 0, oomKills: 0 },
        });
        expect(named(readings, 'program')?.usage?.peakMemoryBytes).toBeGreaterThan(0);
        expect(named(readings, 'program')?.usage?.periods).not.toBeNull();
        expect(named(readings, 'hungry')?.usage?.restarts).toBe(1);
        expect(named(readings, 'hungry')?.usage?.oomKills).toBeGreaterThan(0);
      }, LOOKED_AT_WITHIN);
      const { transitions, job } = await readToEnd({ cluster, plan });
      expect(job).toBe('succeeded');
      const ended = transitions.find(({ stage, phase }) => stage === 'only' && phase === 'finished');
      expect(ended).toMatchObject({ exitCode: 0, report });
      expect(transitions.filter(({ stage }) => stage !== 'only' && stage !== 'image-pull' && stage !== null)).toEqual(
        [],
      );
      const last = await read(plan);
      expect(last).toMatchObject([
        { name: 'program', metrics: {}, usage: { restarts: 0 } },
        { name: 'hungry', usage: { restarts: 1 } },
      ]);
      expect(await read(plan)).toEqual(last);
    });

    test('run on where nobody may read them, and say what is missing', async () => {
      const { kubeconfigFile } = await diagnosed.userWithout([]);
      const plan = planOf([program], 'sleep 300');
      await diagnosed.fixture.cluster.apply({ plan, signal: never });
      await vi.waitFor(async () => expect(await read(plan)).toHaveLength(1), LOOKED_AT_WITHIN);
      const before = process.env['KUBECONFIG'];
      process.env['KUBECONFIG'] = kubeconfigFile;
      const limited = createKubeconfigCluster({ context: diagnosed.fixture.context });
      try {
        const [reading] = await limited.readCompanions({ plan: referenceOf(plan), signal: never });
        expect(reading).toMatchObject({ metrics: {}, usage: { memoryBytes: null, restarts: 0 } });
        expect(reading?.note).toMatch(
          /its page was not read: .*; memory and CPU are not known: no right to get nodes\/proxy/,
        );
      } finally {
        await limited.close();
        if (before !== undefined) process.env['KUBECONFIG'] = before;
      }
    });

    test('that never come up end the Job in words, long before its deadline', async () => {
      const { cluster } = diagnosed.fixture;
      const command = ['sh', '-c', 'echo no such zone; exit 4'];
      const plan = planOf([{ ...program, command }], 'true');
      await cluster.apply({ plan, signal: never });
      const { transitions, job } = await readToEnd({ cluster, plan });
      expect(job).toBe('failed');
      expect(transitions.at(-1)).toMatchObject({
        stage: null,
        phase: 'failed',
        reason: expect.stringMatching(/^companion program does not come up: exit code 4/),
      });
    });
  },
);
