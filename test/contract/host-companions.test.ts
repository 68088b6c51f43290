import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cgroupCandidates } from '../../src/cluster/host/companions/cgroup.ts';
import { runDirectory } from '../../src/cluster/host/run-directory.ts';
import { cutEvidence } from '../../src/evidence/attribute.ts';
import type { CompanionEvidence, CompanionReading } from '../../src/evidence/companion-model.ts';
import type { Transition } from '../../src/evidence/transition.ts';
import {
  type Companion,
  MAX_REPORT_BYTES,
  type Plan,
  REPORT_FILE,
  type Stage,
  referenceOf,
} from '../../src/plan/plan.ts';
import { NOTHING_READ, companionSeries, withRound } from '../../src/sampling/companion-progress.ts';
import { buildAsking, buildCompanion, whyNoLimits } from '../support/companion-plan.ts';
import { type HostFixture, openHostFixture } from '../support/host-fixture.ts';
import { buildScript, buildStage } from '../support/plan-builder.ts';
import { readToEnd } from './cluster-contract.ts';

const never = new AbortController().signal;
/** However slow the machine is. */
const WITHIN = { timeout: 20_000 };
const noLimits = whyNoLimits();
let fixture: HostFixture;

beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(async () => {
  await fixture.dispose();
});

function planOf(input: { readonly companions: readonly Companion[]; readonly stages: readonly Stage[] }): Plan {
  return fixture.plan({ scripts: {}, plan: { ...input, sampling: { intervalMs: 100, source: 'companions' } } });
}

const logOf = async (plan: Plan, stage: string): Promise<string> =>
  (await fixture.cluster.readLog({ namespace: 'default', jobName: plan.jobName, stage, maxBytes: 10_000 })).text;

const read = (plan: Plan): Promise<readonly CompanionReading[]> =>
  fixture.cluster.readCompanions({ plan: referenceOf(plan), signal: never });

/** What is told of a run's only companion after its end. */
async function evidenceOf(plan: Plan, transitions: readonly Transition[]): Promise<CompanionEvidence | undefined> {
  const progress = withRound({ progress: NOTHING_READ, round: await read(plan), gaps: [] });
  const series = companionSeries({ progress, atMs: 0, intervalMs: 100 });
  return cutEvidence({ plan, series, transitions, endedAtMs: Date.now() }).companions?.[0];
}

function groupsLeft(plan: Plan): readonly string[] {
  return (plan.companions ?? [])
    .flatMap(({ name }) => cgroupCandidates(`proxybench-${plan.runId}-${name}`))
    .flatMap(({ version, memory, cpu, cpuacct }) => [memory, cpu, cpuacct, ...(version === 2 ? [dirname(memory)] : [])])
    .filter(existsSync);
}

test('companions are up before the first stage, have their files and the programs of the project, and are gone after the last', async () => {
  const companion = await buildCompanion({ files: { 'greeting.txt': 'good day' } });
  const plan = planOf({
    companions: [companion],
    stages: [buildAsking({ name: 'ask', urls: [`${companion.url}/greeting`, `${companion.url}/`] })],
  });
  expect(await read(plan)).toEqual([]);
  await fixture.cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
  const [greeting, surroundings] = (await logOf(plan, 'ask')).split('\n');
  expect(greeting).toBe('good day');
  expect(surroundings).toMatch(new RegExp(`^${plan.runId} ${process.cwd()}/programs:`));
  expect(await logOf(plan, 'program')).toBe('listening\n');
  await vi.waitFor(async () => expect(await fixture.running(plan)).toEqual([]), WITHIN);
});

test('what is written down at each end of a stage gives its growth exactly, also to whoever reads only afterwards', async () => {
  const [one, two] = [await buildCompanion(), await buildCompanion({ name: 'other' })];
  const plan = planOf({
    companions: [one, two],
    stages: [
      buildAsking({ name: 'first', urls: [one.url, one.url, two.url] }),
      buildAsking({ name: 'second', urls: [one.url] }),
    ],
  });
  await fixture.cluster.apply({ plan, signal: never });
  const { transitions } = await readToEnd({ cluster: fixture.cluster, plan });
  const round = await read(plan);
  expect(await read(plan)).toEqual(round);
  const progress = withRound({ progress: NOTHING_READ, round, gaps: [] });
  const series = companionSeries({ progress, atMs: 0, intervalMs: 100 });
  const { companions, coverage } = cutEvidence({ plan, series, transitions, endedAtMs: Date.now() });
  const seen = 'seen_total{by="hello"}';
  expect(companions).toMatchObject([
    {
      name: 'program',
      limits: 'none',
      growth: { [seen]: 3 },
      metrics: { open_now: 1 },
      stages: [
        { stage: 'first', growth: { [seen]: 2 } },
        { stage: 'second', growth: { [seen]: 1 } },
      ],
    },
    {
      name: 'other',
      growth: { [seen]: 1 },
      stages: [
        { stage: 'first', growth: { [seen]: 1 } },
        { stage: 'second', growth: {} },
      ],
    },
  ]);
  expect(coverage).toBe(1);
});

test('a companion that ends is started again and counted; a stage that does not need it goes on', async () => {
  const companion = await buildCompanion();
  const again = `until [ "$(wc -l < ../../../logs/program.log)" -ge 3 ]; do sleep 0.05; done`;
  const plan = planOf({
    companions: [companion],
    stages: [
      buildAsking({ name: 'ask', urls: [`${companion.url}/end`] }),
      buildScript({ name: 'wait', script: again }),
      buildAsking({ name: 'ask-again', urls: [companion.url] }),
    ],
  });
  await fixture.cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
  expect(await logOf(plan, 'ask')).toBe('no answer\n');
  expect(await logOf(plan, 'program')).toBe(
    'listening\nproxybench: with exit code 3; it is started again\nlistening\n',
  );
  expect((await read(plan)).at(-1)?.usage?.restarts ?? null).toBe(process.platform === 'linux' ? 1 : null);
});

test.each([
  [
    'ends at once',
    ['sh', '-c', 'echo Error: no such zone; exit 4'],
    /it ended 3 times, the last one with exit code 4; its log ends: .*no such zone/,
  ],
  ['is not there', ['no-such-program'], /could not be kept running: .*ENOENT/],
])('a companion that %s fails the Job before any stage, in words', async (_, command, why) => {
  const plan = planOf({
    companions: [await buildCompanion({ command })],
    stages: [buildScript({ name: 'never', script: 'true' })],
  });
  await fixture.cluster.apply({ plan, signal: never });
  const { transitions, job } = await readToEnd({ cluster: fixture.cluster, plan });
  expect(job).toBe('failed');
  expect(transitions).toEqual([
    { stage: null, phase: 'failed', atMs: expect.any(Number), reason: expect.stringMatching(why) },
  ]);
  await vi.waitFor(async () => expect(await fixture.running(plan)).toEqual([]), WITHIN);
});

test.each(['ready', 'metrics'] as const)(
  'whoever has its %s port already is not taken for a companion',
  async (page) => {
    const stranger = createServer((_, response) => response.end('somebody else'));
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    try {
      const companion = await buildCompanion({ [page]: { port, path: '/' } });
      const plan = planOf({ companions: [companion], stages: [buildScript({ name: 'never', script: 'true' })] });
      await fixture.cluster.apply({ plan, signal: never });
      const { transitions, job } = await readToEnd({ cluster: fixture.cluster, plan });
      expect(job).toBe('failed');
      const reason = `companion program did not come up: port ${port} is in use`;
      expect(transitions).toEqual([{ stage: null, phase: 'failed', atMs: expect.any(Number), reason }]);
    } finally {
      stranger.close();
    }
  },
);

test.skipIf(process.platform !== 'linux')('a companion that ends with the last stage has ended by itself', async () => {
  const companion = await buildCompanion();
  const script = `fetch('${companion.url}/end').catch(() => undefined)`;
  const plan = planOf({
    companions: [companion],
    stages: [buildStage({ name: 'ask', command: [process.execPath, '-e', script] })],
  });
  await fixture.cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
  expect((await read(plan)).at(-1)).toMatchObject({ name: 'program', usage: { restarts: 1 } });
});

test('a stop while a companion comes up ends it, and the Job is stopped', async () => {
  const plan = planOf({
    companions: [await buildCompanion({ command: ['sh', '-c', 'echo waiting; sleep 300'] })],
    stages: [buildScript({ name: 'never', script: 'true' })],
  });
  await fixture.cluster.apply({ plan, signal: never });
  await vi.waitFor(async () => expect(await logOf(plan, 'program')).toBe('waiting\n'), WITHIN);
  await fixture.cluster.stop({ namespace: 'default', jobName: plan.jobName, graceMs: 200 });
  expect(await fixture.running(plan)).toEqual([]);
  expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('stopped');
});

test("a stage's own processes end with it, the companions' do not", async () => {
  const companion = await buildCompanion();
  const plan = planOf({
    companions: [companion],
    stages: [
      buildScript({
        name: 'leaves',
        script: 'setsid sleep 300 & echo $! > pid; until grep -qs sleep /proc/$!/comm; do sleep 0.02; done',
      }),
      buildScript({
        name: 'looks',
        script: String.raw`grep -qs '^State:\s[^Z]' "/proc/$(cat ../../leaves/cwd/pid)/status" && echo there || echo gone`,
      }),
      buildAsking({ name: 'ask', urls: [`${companion.url}/healthz`] }),
    ],
  });
  await fixture.cluster.apply({ plan, signal: never });
  expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
  expect(await logOf(plan, 'looks')).toBe('gone\n');
  expect(await logOf(plan, 'ask')).toBe('ok\n');
  expect(await logOf(plan, 'program')).toBe('listening\n');
});

test('a companion whose limits cannot be set runs without, and its evidence says so', async () => {
  const companion = await buildCompanion({ limits: { memoryMiB: 1e30, cpuMillicores: 100 } });
  const plan = planOf({ companions: [companion], stages: [buildAsking({ name: 'ask', urls: [companion.url] })] });
  await fixture.cluster.apply({ plan, signal: never });
  const { transitions, job } = await readToEnd({ cluster: fixture.cluster, plan });
  expect(job).toBe('succeeded');
  const evidence = await evidenceOf(plan, transitions);
  expect(evidence).toMatchObject({
    limits: 'not-enforced',
    note: expect.stringMatching(/^this machine lets nobody limit it: /),
  });
  expect(groupsLeft(plan)).toEqual([]);
});

test('a companion that a plan may not have on a host is refused', async () => {
  const { cluster } = fixture;
  const stages = [buildScript({ name: 'stage', script: 'true' })];
  const refused = { name: 'stage', image: 'registry.example/a:1', command: [], files: { '../out': 'x' } };
  const plan = planOf({ companions: [await buildCompanion(refused)], stages });
  await expect(cluster.apply({ plan, signal: never })).rejects.toMatchObject({
    problems: ['name', 'command', 'image', 'files'].map((field) => ({ path: `plan.companions[0].${field}` })),
  });
});

describe('what a stage says of itself', () => {
  const run = async (script: string) => {
    const plan = fixture.plan({ scripts: { only: script } });
    await fixture.cluster.apply({ plan, signal: never });
    return (await readToEnd({ cluster: fixture.cluster, plan })).transitions.find(({ phase }) => phase !== 'started');
  };

  test('travels with its end, whether it went well or not', async () => {
    expect(await run(`echo '{"requests":5}' > ${REPORT_FILE}`)).toMatchObject({
      exitCode: 0,
      report: '{"requests":5}',
    });
    expect(await run(`echo '{"requests":4}' > ${REPORT_FILE}; exit 3`)).toMatchObject({
      phase: 'failed',
      exitCode: 3,
      report: '{"requests":4}',
    });
  });

  test.each([
    ['is longer than it may be', `head -c ${MAX_REPORT_BYTES + 1} /dev/zero > ${REPORT_FILE}`],
    ['is a link to something else', `ln -s /etc/hostname ${REPORT_FILE}`],
    ['is a pipe that nobody writes to', `mkfifo ${REPORT_FILE}`],
    ['is empty', `: > ${REPORT_FILE}`],
  ])('is left out where it %s', async (_, script) => {
    expect(await run(script)).not.toHaveProperty('report');
  });
});

describe.skipIf(noLimits !== null)(`companions with limits${noLimits === null ? '' : `: ${noLimits}`}`, () => {
  const limits = { memoryMiB: 96, cpuMillicores: 200 };

  test('are held to them by the kernel, which also counts what they used', { timeout: 60_000 }, async () => {
    const companion = await buildCompanion({ limits });
    const plan = planOf({
      companions: [companion],
      stages: [buildAsking({ name: 'ask', urls: Array.from({ length: 3 }, () => `${companion.url}/spin`) })],
    });
    await fixture.cluster.apply({ plan, signal: never });
    const { transitions } = await readToEnd({ cluster: fixture.cluster, plan });
    const evidence = await evidenceOf(plan, transitions);
    expect(evidence).toMatchObject({
      limits: 'enforced',
      usage: { memoryLimitBytes: 96 * 1024 * 1024, cpuLimitMillicores: 200, restarts: 0, oomKills: 0 },
    });
    const { peakMemoryBytes, throttledPeriods, periods } = evidence?.usage ?? {};
    expect(peakMemoryBytes).toBeGreaterThan(10 * 1024 * 1024);
    expect(peakMemoryBytes).toBeLessThanOrEqual(96 * 1024 * 1024);
    expect(throttledPeriods).toBeGreaterThan(0);
    expect(periods).toBeGreaterThanOrEqual(throttledPeriods ?? 0);
    expect(evidence?.stages[0]?.used.throttledPeriods).toBeGreaterThan(0);
    expect(groupsLeft(plan)).toEqual([]);
  });

  test('that want more memory are killed for it, started again, and both are counted', {
    timeout: 60_000,
  }, async () => {
    const companion = await buildCompanion({ limits: { memoryMiB: 96, cpuMillicores: 1000 } });
    const again = `until [ "$(wc -l < ../../../logs/program.log)" -ge 3 ]; do sleep 0.05; done`;
    const plan = planOf({
      companions: [companion],
      stages: [
        buildAsking({ name: 'grow', urls: [`${companion.url}/grow`] }),
        buildScript({ name: 'wait', script: again }),
        buildAsking({ name: 'ask', urls: [`${companion.url}/healthz`] }),
      ],
    });
    await fixture.cluster.apply({ plan, signal: never });
    expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('succeeded');
    expect(await logOf(plan, 'grow')).toBe('no answer\n');
    expect(await logOf(plan, 'ask')).toBe('ok\n');
    expect((await read(plan)).at(-1)?.usage).toMatchObject({ restarts: 1, oomKills: 1 });
    expect(groupsLeft(plan)).toEqual([]);
  });

  test('leave nothing behind when their supervisor is killed', { timeout: 60_000 }, async () => {
    const companion = await buildCompanion({ limits });
    const plan = planOf({
      companions: [companion],
      stages: [buildScript({ name: 'long', script: 'echo on; sleep 300' })],
    });
    await fixture.cluster.apply({ plan, signal: never });
    await vi.waitFor(async () => expect(await logOf(plan, 'long')).toBe('on\n'), { timeout: 30_000 });
    const directory = runDirectory({ stateDir: fixture.stateDir, jobName: plan.jobName });
    const claim = JSON.parse(await readFile(directory.claimFile, 'utf8')) as {
      readonly holder: { readonly pid: number };
    };
    process.kill(claim.holder.pid, 'SIGKILL');
    expect((await readToEnd({ cluster: fixture.cluster, plan })).job).toBe('lost');
    expect(await fixture.running(plan)).toEqual([]);
    expect(groupsLeft(plan)).not.toEqual([]);
    // What the kernel has counted is still to be read.
    expect((await read(plan)).at(-1)?.usage?.peakMemoryBytes).toBeGreaterThan(0);
    expect(await fixture.cluster.cleanUp({ plan: referenceOf(plan) })).toEqual({ leftOver: [] });
    expect(groupsLeft(plan)).toEqual([]);
    expect(await readdir(directory.root)).not.toContain('work');
  });
});
