import { describe, expect, it } from 'vitest';
import { cutEvidence } from '../../../src/evidence/attribute.ts';
import { emptySeries } from '../../../src/evidence/empty-series.ts';
import type { Evidence, KnownClients, StageEvidence } from '../../../src/evidence/evidence.ts';
import type { ObservedConnection, SampleSeries } from '../../../src/evidence/sample-series.ts';
import type { PullFacts, Transition } from '../../../src/evidence/transition.ts';
import { buildStage } from '../../support/plan-builder.ts';
import { randomFrom, upTo } from '../../support/random-from.ts';

const NODE = '10.244.0.1';
const POD = '10.244.0.17';
const OTHER = '10.244.3.9';
const clients: KnownClients = { pod: [POD], node: [NODE, '192.0.2.5'] };
const plan = {
  stages: [
    buildStage({ name: 'image-pull', kind: 'image-pull', images: ['alpine', 'node'], note: 'a note' }),
    buildStage({ name: 'apk-add', images: ['alpine'] }),
    buildStage({ name: 'npm-install', images: ['node'] }),
  ],
  omittedStages: [],
};

function of(
  stage: string | null,
  phase: Transition['phase'],
  atMs: number,
  more: Partial<Transition> = {},
): Transition {
  return { stage, phase, atMs, ...more };
}
function pulled(more: Partial<PullFacts> = {}): { pull: PullFacts } {
  return { pull: { mode: 'pulled', durationMs: 1_500, durationWithQueueMs: 1_700, sizeBytes: 9_000, ...more } };
}
function conn(client: string, startMs: number, downloadBytes: number, destination = 'd:443'): ObservedConnection {
  return { client, destination, startMs, uploadBytes: 0, downloadBytes };
}

/** Pull, container, pull, container, as one Pod has them: stamps of a kubelet in whole seconds, ends of stages exact. */
const transitions: readonly Transition[] = [
  of(null, 'started', 0),
  of('image-pull', 'started', 1_000, { image: 'alpine' }),
  of('image-pull', 'finished', 3_000, { image: 'alpine', ...pulled() }),
  of('apk-add', 'started', 3_000),
  of('apk-add', 'finished', 8_250, { startedAtMs: 3_400, exitCode: 0 }),
  of('image-pull', 'started', 8_000, { image: 'node' }),
  of('image-pull', 'finished', 12_000, { image: 'node', ...pulled({ durationMs: 4_000, sizeBytes: 400 }) }),
  of('npm-install', 'started', 12_000),
  of('npm-install', 'finished', 20_000, { startedAtMs: 12_900 }),
  of(null, 'finished', 20_000),
];

function cut(
  connections: readonly ObservedConnection[],
  more: {
    series?: Partial<SampleSeries>;
    transitions?: readonly Transition[];
    clients?: KnownClients | undefined;
  } = {},
): Evidence {
  const bytes = connections.reduce((total, { downloadBytes }) => total + downloadBytes, 0);
  const points = [0, 20_500].map((atMs) => ({ atMs, totalBytes: atMs === 0 ? 0 : bytes, unexplainedBytes: 0 }));
  return cutEvidence({
    plan,
    series: { ...emptySeries({ atMs: 0, intervalMs: 250 }), points, connections, ...more.series },
    transitions: more.transitions ?? transitions,
    endedAtMs: 21_000,
    clients: 'clients' in more ? more.clients : clients,
  });
}
function bytesByStage(evidence: Evidence): Record<string, number> {
  return Object.fromEntries(evidence.stages.map(({ stage, attributedBytes }) => [stage, attributedBytes]));
}
function stageOf(evidence: Evidence, name: string): StageEvidence {
  const found = evidence.stages.find(({ stage }) => stage === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
}

describe('evidence of a run whose clients are known', () => {
  it("gives the node's connections to image pulls and the Pod's to containers, each in its own time", () => {
    const evidence = cut([
      conn(NODE, 1_500, 1),
      conn(POD, 4_000, 10),
      conn(NODE, 9_000, 100),
      conn(POD, 15_000, 1_000),
    ]);
    expect(bytesByStage(evidence)).toEqual({ 'image-pull': 101, 'apk-add': 10, 'npm-install': 1_000 });
    expect(stageOf(evidence, 'image-pull').topClient).toEqual({ name: NODE, bytes: 101, class: 'node' });
    expect(stageOf(evidence, 'npm-install').topClient).toEqual({ name: POD, bytes: 1_000, class: 'pod' });
    expect(evidence).toMatchObject({ topClient: { name: POD, class: 'pod' }, outsideBytes: 0, shared: false });
  });

  it("counts the node's connections outside while a container runs, for somebody else's image is pulled there", () => {
    const evidence = cut([conn(NODE, 5_000, 7), conn(NODE, 15_000, 70)]);
    expect(bytesByStage(evidence)).toEqual({ 'image-pull': 0, 'apk-add': 0, 'npm-install': 0 });
    expect(evidence).toMatchObject({ outsideBytes: 77, attributedBytes: 0, shared: false });
  });

  it('counts every other client outside, lists all with their class, and says that the proxy was shared', () => {
    const evidence = cut([conn(OTHER, 1_500, 3), conn(OTHER, 15_000, 4), conn(POD, 15_000, 5), conn(NODE, 1_500, 6)]);
    expect(bytesByStage(evidence)).toEqual({ 'image-pull': 6, 'apk-add': 0, 'npm-install': 5 });
    expect(evidence).toMatchObject({
      outsideBytes: 7,
      shared: true,
      clients: [
        { name: OTHER, bytes: 7, class: 'other' },
        { name: NODE, bytes: 6, class: 'node' },
        { name: POD, bytes: 5, class: 'pod' },
      ],
    });
  });

  it('lists at most twenty clients, its own among them whatever they moved, and the rest as one', () => {
    const others = Array.from({ length: 30 }, (_, index) => conn(`10.9.0.${index}`, 1_500, 1_000 - index));
    const evidence = cut([...others, conn(POD, 15_000, 1), conn(NODE, 1_500, 2)]);
    expect(evidence.clients).toHaveLength(21);
    expect(evidence.clients?.slice(-3)).toEqual([
      { name: NODE, bytes: 2, class: 'node' },
      { name: POD, bytes: 1, class: 'pod' },
      {
        name: 'others',
        bytes: others.slice(18).reduce((total, { downloadBytes }) => total + downloadBytes, 0),
        class: 'other',
      },
    ]);
  });

  it('cannot tell whose unknown addresses are while the Pod has told none, and lets containers have them', () => {
    const evidence = cut([conn(NODE, 1_500, 6), conn(OTHER, 15_000, 5)], { clients: { pod: [], node: [NODE] } });
    expect(bytesByStage(evidence)).toEqual({ 'image-pull': 6, 'apk-add': 0, 'npm-install': 5 });
    expect(stageOf(evidence, 'npm-install').topClient).toEqual({ name: OTHER, bytes: 5 });
    expect(evidence).not.toHaveProperty('shared');
  });

  it('gives merged connections of several clients to nobody', () => {
    const evidence = cut([conn('several', 15_000, 5)]);
    expect(bytesByStage(evidence)).toMatchObject({ 'npm-install': 0 });
    expect(evidence.clients).toEqual([{ name: 'several', bytes: 5 }]);
    expect(evidence).not.toHaveProperty('shared');
  });

  it('is without classes, clients and pulls where no target told of clients or pulls', () => {
    const evidence = cut([conn(OTHER, 5_000, 5)], {
      clients: undefined,
      transitions: transitions.filter(({ stage }) => stage !== 'image-pull'),
    });
    expect(bytesByStage(evidence)).toMatchObject({ 'apk-add': 5 });
    for (const field of ['clients', 'shared', 'images', 'jobReason']) expect(evidence).not.toHaveProperty(field);
    expect(evidence.topClient).toEqual({ name: OTHER, bytes: 5 });
  });
});

describe('stamps of whole seconds', () => {
  it("leave a pull what its node opened until the next pull's start, up to a second after the stamp of its end", () => {
    const evidence = cut([conn(NODE, 3_800, 1), conn(NODE, 12_950, 10), conn(NODE, 14_100, 100)]);
    expect(evidence.images?.map(({ proxyBytes }) => proxyBytes)).toEqual([1, 10]);
    expect(evidence.outsideBytes).toBe(100);
  });

  it('leave a stage what its own client opened up to a second beside it, where clocks are a little apart', () => {
    const evidence = cut([conn(NODE, 100, 1), conn(POD, 3_100, 10), conn(POD, 9_200, 100), conn(POD, 10_000, 1_000)]);
    expect(bytesByStage(evidence)).toEqual({ 'image-pull': 1, 'apk-add': 110, 'npm-install': 0 });
    expect(evidence.outsideBytes).toBe(1_000);
  });

  it('leave a pull the bytes that nothing explains within the second of its end, and its last bytes in the total', () => {
    const points = [
      { atMs: 0, totalBytes: 0, unexplainedBytes: 0 },
      { atMs: 12_100, totalBytes: 50, unexplainedBytes: 50 },
      { atMs: 12_600, totalBytes: 90, unexplainedBytes: 90 },
      { atMs: 20_500, totalBytes: 100, unexplainedBytes: 90 },
    ];
    const evidence = cut([conn(POD, 15_000, 10)], { series: { points } });
    expect(stageOf(evidence, 'image-pull')).toMatchObject({ unattributedBytes: 40, contestedBytes: 50 });
    expect(stageOf(evidence, 'image-pull').cumulativeBytes).toBe(100);
    expect(evidence.images?.[1]?.finishedAtMs).toBe(12_000);
  });
});

describe('the row of an image', () => {
  it('tells what the runtime says of the pull beside what the proxy saw in that very pull', () => {
    const evidence = cut([conn(NODE, 1_500, 3_000), conn(NODE, 9_000, 8_000), conn(POD, 9_500, 77)]);
    expect(evidence.images).toEqual([
      {
        image: 'alpine',
        outcome: 'pulled',
        startedAtMs: 1_000,
        finishedAtMs: 3_000,
        durationMs: 1_500,
        durationWithQueueMs: 1_700,
        sizeBytes: 9_000,
        proxyBytes: 3_000,
        rateBytesPerSecond: 2_000,
      },
      {
        image: 'node',
        outcome: 'pulled',
        // The stamp says 8 s; the stage before ended a quarter of a second later.
        startedAtMs: 8_250,
        finishedAtMs: 12_000,
        durationMs: 4_000,
        durationWithQueueMs: 1_700,
        sizeBytes: 400,
        proxyBytes: 8_000,
        rateBytesPerSecond: 2_000,
      },
    ]);
    expect(stageOf(evidence, 'image-pull')).toMatchObject({
      attributedBytes: 11_000,
      durationMs: 5_750,
      note: 'a note',
    });
  });

  it('is there for each of two pulls of one image, and for a pull whose start was never seen', () => {
    const again = [
      ...transitions.slice(0, 5),
      of('image-pull', 'finished', 9_000, { image: 'alpine', startedAtMs: 8_400, ...pulled({ durationMs: 600 }) }),
      of('image-pull', 'finished', 12_000, { image: 'node' }),
    ];
    const evidence = cut([conn(NODE, 2_000, 30), conn(NODE, 8_500, 6), conn(NODE, 10_000, 900)], {
      transitions: again,
    });
    expect(
      evidence.images?.map(({ image, startedAtMs, durationMs, proxyBytes, rateBytesPerSecond }) => [
        image,
        startedAtMs,
        durationMs,
        proxyBytes,
        rateBytesPerSecond,
      ]),
    ).toEqual([
      ['alpine', 1_000, 1_500, 30, 20],
      ['alpine', 8_400, 600, 6, 10],
      // The runtime told no duration: its time is that between the stamps, and no figure of the runtime's is made up.
      ['node', 9_000, null, 900, 300],
    ]);
  });

  it('tells a failed first attempt and the good second one apart, and blames neither Job nor stage for it', () => {
    const reason = 'failed to pull: 500 Internal Server Error';
    const attempts = [
      ...transitions.slice(0, 3),
      of('image-pull', 'started', 4_000, { image: 'node' }),
      of('image-pull', 'failed', 5_000, { image: 'node', reason }),
      of(null, 'failed', 6_000, { reason: 'ErrImagePull' }),
      of(null, 'started', 7_000),
      of('image-pull', 'started', 8_000, { image: 'alpine' }),
      of('image-pull', 'finished', 9_000, { image: 'alpine', ...pulled() }),
      of('image-pull', 'started', 10_000, { image: 'node' }),
      of('image-pull', 'finished', 12_000, { image: 'node', ...pulled() }),
      of('apk-add', 'started', 12_000),
    ];
    const evidence = cut([conn(NODE, 4_100, 1), conn(NODE, 8_100, 10), conn(NODE, 10_100, 100)], {
      transitions: attempts,
    });
    expect(evidence.images?.map(({ outcome, proxyBytes, reason: why }) => [outcome, proxyBytes, why])).toEqual([
      ['pulled', 0, undefined],
      ['failed', 1, reason],
      ['pulled', 10, undefined],
      ['pulled', 100, undefined],
    ]);
    expect(stageOf(evidence, 'image-pull')).toMatchObject({ state: 'passed', attributedBytes: 111 });
    expect(evidence).not.toHaveProperty('jobReason');
  });

  it('shows a pull that the end of the run caught at work', () => {
    const evidence = cut([conn(NODE, 9_000, 5)], { transitions: transitions.slice(0, 6) });
    expect(evidence.images?.at(-1)).toMatchObject({
      outcome: 'pulling',
      finishedAtMs: null,
      durationMs: null,
      proxyBytes: 5,
    });
  });

  it('says of images that were there already that they were, of others that nobody told of them', () => {
    const present = pulled({ mode: 'present', durationMs: null, durationWithQueueMs: null, sizeBytes: null });
    const warm = [
      of('image-pull', 'finished', 1_000, { image: 'alpine', ...present }),
      of('image-pull', 'finished', 2_000, { image: 'node', ...present }),
      of(null, 'finished', 9_000),
    ];
    const allWarm = cut([], { transitions: warm });
    expect(stageOf(allWarm, 'image-pull').note).toBe('a note; already on the node');
    expect(allWarm.images).toMatchObject([{ outcome: 'present', durationMs: null, rateBytesPerSecond: 0 }, {}]);
    expect(stageOf(cut([], { transitions: warm.toSpliced(0, 1) }), 'image-pull').note).toBe(
      'a note; already on the node; no event told of 1 of 2 images',
    );
    const half = warm.with(0, of('image-pull', 'finished', 1_000, { image: 'alpine', ...pulled() }));
    expect(stageOf(cut([], { transitions: half }), 'image-pull').note).toBe('a note; 1 of 2 already on the node');
  });
});

describe("the Job's own reason", () => {
  it('is kept when the Job failed', () => {
    const failed = [of(null, 'started', 0), of(null, 'failed', 9_000, { reason: 'the node is not ready' })];
    expect(cut([], { transitions: failed }).jobReason).toBe('the node is not ready');
  });
});

describe('the sums of evidence with classes of clients', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))('add up exactly for any run (seed %i)', (seed) => {
    const random = randomFrom(seed);
    const names = [NODE, POD, OTHER, 'several', '10.0.0.8'];
    const connections = Array.from({ length: upTo(random, 30) }, () =>
      conn(names[upTo(random, names.length - 1)] ?? NODE, upTo(random, 22_000), upTo(random, 900)),
    );
    const known = upTo(random, 3) === 0 ? { pod: [], node: [NODE] } : clients;
    const shuffled = transitions
      .filter(() => upTo(random, 3) > 0)
      .map((t) => ({ ...t, atMs: t.atMs + upTo(random, 2) * 700 }));
    const restBytes = upTo(random, 500);
    const explained = connections.reduce((total, { downloadBytes }) => total + downloadBytes, 0);
    const points = [
      { atMs: 0, totalBytes: 0, unexplainedBytes: 0 },
      { atMs: 12_100, totalBytes: restBytes, unexplainedBytes: upTo(random, restBytes) },
      { atMs: 20_500, totalBytes: explained + restBytes, unexplainedBytes: restBytes },
    ];
    const evidence = cut(connections, { transitions: shuffled, clients: known, series: { points } });
    const pulledBytes = (evidence.images ?? []).reduce((total, { proxyBytes }) => total + proxyBytes, 0);
    expect(evidence.attributedBytes + evidence.outsideBytes + evidence.unattributedBytes).toBe(evidence.totalBytes);
    expect(pulledBytes).toBe(stageOf(evidence, 'image-pull').attributedBytes);
    expect(evidence.clients?.reduce((total, { bytes }) => total + bytes, 0)).toBe(explained);
    expect(Object.values(bytesByStage(evidence)).reduce((total, bytes) => total + bytes, 0)).toBe(
      evidence.attributedBytes,
    );
    expect(evidence.unattributedBytes).toBe(restBytes);
  });
});
