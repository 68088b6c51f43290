import { describe, expect, it } from 'vitest';
import { cutEvidence } from '../../../../src/evidence/attribute.ts';
import { emptySeries } from '../../../../src/evidence/empty-series.ts';
import type { Evidence, KnownClients } from '../../../../src/evidence/evidence.ts';
import type { ObservedConnection, SampleSeries } from '../../../../src/evidence/sample-series.ts';
import type { PullFacts, Transition } from '../../../../src/evidence/transition.ts';
import type { Verdict } from '../../../../src/evidence/verdict.ts';
import { judgeFor } from '../../../../src/profiles/judges.ts';
import { boundSeries } from '../../../../src/sampling/bound-series.ts';
import { buildPlan, buildStage } from '../../../support/plan-builder.ts';

const MIB = 1_048_576;
const S = 1_000;
const NODE = '10.42.0.1';
const POD = '10.42.0.17';
const STRANGER = '10.42.3.9';
const clients: KnownClients = { pod: [POD], node: [NODE] };
const plan = buildPlan({
  kind: 'k3s-real-deps',
  thresholds: { payloadBytes: 500 * MIB },
  stages: [
    buildStage({
      name: 'image-pull',
      kind: 'image-pull',
      failureFamily: 'image-pull',
      needsProxyTraffic: true,
      images: ['node'],
    }),
    buildStage({ name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true, images: ['node'] }),
    buildStage({ name: 'git-mirror', failureFamily: 'git-mirror', needsProxyTraffic: true, images: ['node'] }),
  ],
});

function of(
  stage: string | null,
  phase: Transition['phase'],
  atMs: number,
  more: Partial<Transition> = {},
): Transition {
  return { stage, phase, atMs, ...more };
}
function pulled(more: Partial<PullFacts> = {}): Transition {
  const pull = { mode: 'pulled', durationMs: null, durationWithQueueMs: null, sizeBytes: 390 * MIB, ...more } as const;
  return of('image-pull', 'finished', 40 * S, { image: 'node', pull });
}
/** One image, then two containers, whose ends tell their starts. */
function course(end: Transition = pulled()): readonly Transition[] {
  return [
    of(null, 'started', S),
    of('image-pull', 'started', 2 * S, { image: 'node' }),
    end,
    of('npm-install', 'started', 41 * S),
    of('npm-install', 'finished', 80_250, { startedAtMs: 41_100, exitCode: 0 }),
    of('git-mirror', 'started', 80 * S),
    of('git-mirror', 'finished', 99_750, { startedAtMs: 80_300, exitCode: 0 }),
    of(null, 'finished', 100 * S),
  ];
}
function conn(client: string, startMs: number, downloadBytes: number): ObservedConnection {
  return { client, destination: 'd:443', startMs, uploadBytes: 0, downloadBytes };
}
const pull = conn(NODE, 3 * S, 240 * MIB);
const npm = conn(POD, 50 * S, 300 * MIB);
const git = conn(POD, 85 * S, 10 * MIB);

function judged(
  connections: readonly ObservedConnection[],
  more: {
    series?: Partial<SampleSeries>;
    transitions?: readonly Transition[];
    earlierTransitions?: readonly Transition[];
    clients?: KnownClients;
  } = {},
): Verdict & { readonly evidence: Evidence } {
  const bytes = connections.reduce((total, { downloadBytes }) => total + downloadBytes, 0);
  const transitions = more.transitions ?? course();
  const endedAtMs = Math.max(...transitions.map(({ atMs }) => atMs)) + S;
  const points = [0, endedAtMs].map((atMs) => ({ atMs, totalBytes: atMs === 0 ? 0 : bytes, unexplainedBytes: 0 }));
  const evidence = cutEvidence({
    plan,
    series: boundSeries({ ...emptySeries({ atMs: 0, intervalMs: 250 }), points, connections, ...more.series }),
    transitions,
    ...(more.earlierTransitions === undefined ? {} : { earlierTransitions: more.earlierTransitions }),
    endedAtMs,
    clients: more.clients ?? clients,
  });
  const verdict = judgeFor({ kind: plan.kind })({
    plan,
    evidence,
    ending: { by: 'job', succeeded: true },
    logLines: [],
  });
  return { ...verdict, evidence };
}

describe('a stage that went another way', () => {
  it('is found when the runtime did not pull through the proxy while the containers did', () => {
    const verdict = judged([npm, git, conn(POD, 5 * S, MIB)]);
    expect(verdict).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'image-pull' });
  });

  it('is found when a container went direct while images came through the proxy', () => {
    expect(judged([pull, npm])).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'git-mirror' });
    expect(judged([pull])).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'npm-install' });
  });

  it('is found beside strangers once its own kind of client showed itself elsewhere', () => {
    const strangers = [conn(STRANGER, 10 * S, 9 * MIB), conn(STRANGER, 90 * S, 9 * MIB)];
    expect(judged([pull, npm, ...strangers])).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'git-mirror' });
    const nodeBeside = conn(NODE, 60 * S, MIB);
    expect(judged([npm, git, nodeBeside, ...strangers])).toMatchObject({
      failureFamily: 'proxy-bypassed',
      stage: 'image-pull',
    });
  });
});

describe('Pods that the proxy sees under another address', () => {
  it.each([
    ["their node's", NODE],
    ['one that nobody knows', STRANGER],
  ])('are not accused when it is %s', (_, address) => {
    const verdict = judged([pull, { ...npm, client: address }, { ...git, client: address }]);
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'npm-install' });
    expect(verdict.reason).toContain(
      `300.0 MiB moved meanwhile, most by ${address}: perhaps Pods reach the proxy under another address`,
    );
  });

  it('are not accused of what a pull of the same second took from them', () => {
    const atOnce = course().with(4, of('npm-install', 'finished', 80_250, { startedAtMs: 40_200, exitCode: 0 }));
    const verdict = judged([pull, { ...npm, client: NODE, startMs: 40_500 }], { transitions: atOnce });
    expect(verdict.evidence.stages[1]).toMatchObject({ perhapsOwn: { bytes: 300 * MIB } });
  });
});

describe('a node whose address is not known', () => {
  it.each([390 * MIB, null])(
    'is not accused while a stranger moved little during its pull of %s bytes',
    (sizeBytes) => {
      const verdict = judged([conn(STRANGER, 3 * S, 30_000), npm, git], {
        transitions: course(pulled({ sizeBytes })),
      });
      expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'image-pull' });
      expect(verdict.reason).toContain(`29.3 KiB moved meanwhile, most by ${STRANGER}, which nobody knows; if that is`);
    },
  );

  it('is accused when strangers moved less than a payload while it pulled, whatever they moved later', () => {
    const strangers = [conn(STRANGER, 3 * S, 1_023), conn(STRANGER, 60 * S, 900 * MIB)];
    expect(judged([...strangers, npm, git])).toMatchObject({ failureFamily: 'proxy-bypassed', stage: 'image-pull' });
  });
});

describe('bytes that may be the run’s own', () => {
  it('leave the evidence incomplete where a gap lies across the border of two stages', () => {
    const totals = [0, 300, 450, 560, 560].map((mib) => mib * MIB);
    const unexplained = [0, 0, 0, 110 * MIB, 110 * MIB];
    const points = [0, 45, 50, 85, 100].map((second, index) => ({
      atMs: second * S,
      totalBytes: totals[index] ?? 0,
      unexplainedBytes: unexplained[index] ?? 0,
    }));
    const gaps = [{ fromMs: 50 * S, toMs: 85 * S, bytes: 110 * MIB, reason: 'no sampler was running' }];
    const own = [conn(NODE, 3 * S, 140 * MIB), npm, git];
    const verdict = judged(own, { series: { points, gaps } });
    expect(verdict.outcome).toBe('evidence-incomplete');
    expect(verdict.reason).toContain("500.0 MiB are needed; 110.0 MiB more may be the run's own");
    const shared = judged([...own, conn(STRANGER, 3 * S, 2_048)], { series: { points, gaps } });
    expect(shared.outcome).toBe('evidence-incomplete');
  });

  it('are insufficient when even all of them would not do', () => {
    expect(judged([conn(NODE, 3 * S, 100 * MIB), npm, git]).failureFamily).toBe('insufficient-traffic');
  });

  it('accuse nobody on a proxy so busy that connections are merged', () => {
    const busy = Array.from({ length: 8_000 }, (_, index) => conn(`10.9.${index % 400}.1`, index * 12, 200_000));
    const own = (client: string, fromMs: number): readonly ObservedConnection[] =>
      Array.from({ length: 200 }, (_, index) => conn(client, fromMs + index * 50, 60_000));
    for (const connections of [
      [...busy, ...own(POD, 45 * S), ...own(POD, 85 * S), ...own(NODE, 3 * S)],
      [...busy, ...own(POD, 45 * S), conn(POD, 85 * S, 60_000), conn(NODE, 3 * S, 60_000)],
    ]) {
      const verdict = judged(connections);
      expect(verdict.evidence.shared).toBe(true);
      expect(verdict.failureFamily).not.toBe('proxy-bypassed');
    }
  });

  it('count for a short stage on a shared proxy when no connection of it was caught', () => {
    const points = [0, 82, 83, 100].map((second, index) => ({
      atMs: second * S,
      totalBytes: [0, 549, 550, 550].map((mib) => mib * MIB)[index] ?? 0,
      unexplainedBytes: index < 2 ? 0 : MIB,
    }));
    const verdict = judged([pull, npm, conn(STRANGER, 3 * S, 9 * MIB)], { series: { points } });
    expect(verdict).toMatchObject({ outcome: 'evidence-incomplete', stage: 'git-mirror' });
  });
});

describe('what a node pulls for others', () => {
  it('is not the run’s while its own pull waits for it', () => {
    const transitions = course(pulled({ durationMs: 5 * S, durationWithQueueMs: 38 * S, sizeBytes: 40 * MIB }));
    const verdict = judged([conn(NODE, 3 * S, 600 * MIB), conn(NODE, 36 * S, 40 * MIB), npm, git], { transitions });
    expect(verdict.outcome).toBe('evidence-incomplete');
    expect(verdict.evidence).toMatchObject({
      shared: true,
      attributedBytes: 350 * MIB,
      images: [{ proxyBytes: 40 * MIB }],
    });
    expect(verdict.evidence.images?.[0]?.rateBytesPerSecond).toBe(8 * MIB);
  });

  it('counts no further than the image takes, and marks the run shared, when it moves beside its own pull', () => {
    const transitions = course(pulled({ durationMs: 37 * S, sizeBytes: 40 * MIB }));
    const verdict = judged([conn(NODE, 5 * S, 600 * MIB), conn(NODE, 6 * S, 40 * MIB), npm, git], { transitions });
    expect(verdict.outcome).toBe('evidence-incomplete');
    expect(verdict.evidence.shared).toBe(true);
  });

  it('marks the run shared when it moves while nothing of the run is pulled', () => {
    expect(judged([pull, npm, git, conn(NODE, 60 * S, 1_024)]).evidence.shared).toBe(true);
    expect(judged([pull, npm, git, conn(NODE, 60 * S, 1_023)]).evidence.shared).toBe(false);
  });
});

describe('an earlier attempt', () => {
  const shiftMs = 200 * S;
  const first = [
    ...course().slice(0, 5),
    of('image-pull', 'started', 81 * S, { image: 'git' }),
    of('image-pull', 'failed', 90 * S, { image: 'git', reason: 'ErrImagePull' }),
    of(null, 'failed', 91 * S, { reason: 'ErrImagePull' }),
  ];
  const second = course().map(({ startedAtMs, ...each }) => ({
    ...each,
    atMs: each.atMs + shiftMs,
    ...(startedAtMs === undefined ? {} : { startedAtMs: startedAtMs + shiftMs }),
  }));

  it('adds nothing to what the last one moved, and is told apart in the totals', () => {
    const again = [conn(POD, 250 * S, 300 * MIB), conn(POD, 285 * S, 10 * MIB), conn(NODE, 203 * S, MIB)];
    const verdict = judged([npm, ...again], { transitions: second, earlierTransitions: first });
    expect(verdict.failureFamily).toBe('insufficient-traffic');
    expect(verdict.evidence).toMatchObject({
      attributedBytes: 311 * MIB,
      outsideBytes: 300 * MIB,
      earlierAttemptsBytes: 300 * MIB,
      shared: false,
    });
    expect(verdict.evidence.stages[1]).toMatchObject({ startedAtMs: 241_100, attributedBytes: 300 * MIB });
    expect(verdict.evidence.images).toHaveLength(1);
  });
});
