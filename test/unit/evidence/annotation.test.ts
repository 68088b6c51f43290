import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  MAX_ANNOTATION_BYTES,
  annotationBytes,
  decodeAnnotations,
  encodeAnnotations,
} from '../../../src/evidence/annotation.ts';
import { type ResultSummary, summaryOf } from '../../../src/evidence/result-summary.ts';
import { type Random, randomFrom, upTo } from '../../support/random-from.ts';
import { metadataProxyResult } from '../../support/metadata-proxy-result.ts';
import { buildEvidence, buildResult, buildStageEvidence } from '../../support/result-builder.ts';

const digest = createHash('sha256').update('document').digest('hex');
const KEY = 'proxybench.dev/result';
const plain = summaryOf(buildResult());

function decoded(annotations: Readonly<Record<string, string>>): {
  summary: ResultSummary;
  digest: string;
  truncated: boolean;
} {
  const found = decodeAnnotations(annotations);
  if (!found.found) throw new Error(found.why);
  return found;
}

describe("the Job's annotation", () => {
  it('gives back whole what a run of two loads has measured, with room to spare', () => {
    const summary = summaryOf(metadataProxyResult());
    const annotations = encodeAnnotations({ summary, digest });
    expect(decoded(annotations)).toEqual({ found: true, summary, digest, truncated: false });
    expect(summary.tables).toHaveLength(2);
    expect(annotationBytes(annotations)).toBeLessThan(MAX_ANNOTATION_BYTES);
  });

  it('loses the last table first, and says so', () => {
    const summary = summaryOf(metadataProxyResult());
    const [first, second] = summary.tables ?? [];
    if (first === undefined || second === undefined) throw new Error('there are no two tables');
    const tables = [first, { ...second, rows: Array.from({ length: 5 }, () => second.rows).flat() }];
    const { truncated, summary: kept } = decoded(encodeAnnotations({ summary: { ...summary, tables }, digest }));
    expect({ truncated, tables: kept.tables }).toEqual({ truncated: true, tables: [first] });
    expect(kept.companions).toEqual(summary.companions);
  });

  it.each([
    [{ tables: [['title', [['a', 'furlongs']], []]] }, 'unit is not one of'],
    [{ tables: [['title', [['a', 'count']], [[true]]]] }, 'rows is not a list of rows'],
    [{ sampled: 'thoughts' }, 'sampled is not one of companions'],
  ])('tells of tables that this version did not write: %j', (fields, why) => {
    const found = decodeAnnotations(changed(fields));
    expect(found).toMatchObject({ found: false, why: expect.stringContaining(why) });
  });

  it('gives back the whole summary, its digest, and that nothing was cut', () => {
    const stages = [
      buildStageEvidence({
        exitCode: 1,
        reason: 'exit code 1',
        note: 'source: this clone over loopback',
        state: 'failed',
        gap: true,
      }),
      buildStageEvidence({
        stage: 'go-download',
        state: 'not-started',
        startedAtMs: null,
        finishedAtMs: null,
        topClient: null,
        topDestination: null,
      }),
    ];
    const summary = summaryOf(
      buildResult({
        evidence: buildEvidence({ stages, omittedStages: [{ name: 'apk-add', reason: 'no apk here' }] }),
        verdict: {
          outcome: 'failed',
          failureFamily: 'npm-download',
          reason: 'npm-install failed.',
          stage: 'npm-install',
          logLines: ['npm error 404'],
        },
      }),
    );
    const annotations = encodeAnnotations({ summary, digest });
    expect(decoded(annotations)).toEqual({ found: true, summary, digest, truncated: false });
    expect(annotations).toMatchObject({
      'proxybench.dev/state': 'failed',
      'proxybench.dev/failure-family': 'npm-download',
    });
  });

  it('cuts log lines before talkers, talkers before reasons, and says so', () => {
    const stages = (count: number): ResultSummary['stages'] =>
      Array.from({ length: count }, (_, index) => ({
        ...first(plain.stages),
        name: `stage-${index}`,
        reason: 'r'.repeat(150),
      }));
    const logLines = Array.from({ length: 12 }, (_, index) => `${index} ${'l'.repeat(190)}`);
    const few = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(3), logLines }, digest }));
    expect(few).toMatchObject({
      truncated: true,
      summary: { stages: [{ topClient: { name: '127.0.0.1' }, reason: 'r'.repeat(150) }, {}, {}] },
    });
    expect(few.summary.logLines).toEqual(logLines.slice(-8));
    const more = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(8), logLines }, digest })).summary;
    expect(more.logLines).toEqual([]);
    expect(more.stages).toHaveLength(8);
    expect(more.stages[0]).toMatchObject({ topClient: null, reason: 'r'.repeat(150) });
    const many = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(11), logLines }, digest })).summary;
    expect(many.stages).toHaveLength(11);
    expect(many.stages[0]).not.toHaveProperty('reason');
  });

  it('keeps row and stage table of five stages whole beside twelve of the longest log lines', () => {
    const names = ['image-pull', 'apk-add', 'npm-install', 'go-download', 'git-mirror'];
    const stages = names.map((stage) => buildStageEvidence({ stage, reason: 'exit code 1' }));
    const logLines = Array.from({ length: 12 }, () => 'é'.repeat(200));
    const verdict = {
      outcome: 'failed',
      failureFamily: 'npm-download',
      reason: 'x'.repeat(200),
      stage: 'npm-install',
      logLines,
    } as const;
    const summary = summaryOf(buildResult({ evidence: buildEvidence({ stages }), verdict }));
    expect(decoded(encodeAnnotations({ summary, digest })).summary.stages).toEqual(summary.stages);
  });

  it('keeps everything of an ordinary run on a cluster, six stages and five pulls', () => {
    const summary = clusterSummary();
    const annotations = encodeAnnotations({ summary, digest });
    expect(decoded(annotations)).toEqual({ found: true, summary, digest, truncated: false });
    expect(JSON.parse(annotations[KEY] ?? '')).toMatchObject({
      topClient: ['10.244.0.17', 524_288_000, 'pod'],
      clients: [
        ['10.244.0.17', 524_288_000, 'pod'],
        ['10.244.0.1', 419_430_400, 'node'],
        ['10.244.3.9', 7, 'other'],
      ],
      shared: true,
      images: [
        ['docker.io/library/alpine:3.20', 'pulled', 60_123, 60_223, null, 131_234_567, 2_182_767],
        {},
        {},
        {},
        {},
      ],
    });
  });

  it('cuts clients after the fifth before log lines, reasons of pulls before pulls, pulls before stages', () => {
    const clients = Array.from({ length: 21 }, (_, index) => ({
      name: `10.244.0.${index}`,
      bytes: 9,
      class: 'other' as const,
    }));
    const logLines = Array.from({ length: 3 }, () => 'l'.repeat(190));
    const crowd = decoded(encodeAnnotations({ summary: clusterSummary({ clients, logLines }), digest }));
    expect(crowd.truncated).toBe(true);
    expect(crowd.summary).toMatchObject({ clients: clients.slice(0, 5), logLines, shared: true });
    const wordy = Array.from({ length: 12 }, () => ({
      ...image(),
      outcome: 'failed' as const,
      reason: 'r'.repeat(150),
    }));
    const failed = decoded(encodeAnnotations({ summary: clusterSummary({ images: wordy }), digest })).summary;
    expect(failed.images).toHaveLength(12);
    expect(failed.images?.[0]).not.toHaveProperty('reason');
    expect(failed).toMatchObject({ stages: clusterSummary().stages.map(({ name }) => ({ name, topClient: null })) });
    expect(failed).not.toHaveProperty('clients');
    const many = Array.from({ length: 60 }, () => image());
    const flood = decoded(encodeAnnotations({ summary: clusterSummary({ images: many }), digest })).summary;
    expect(flood).not.toHaveProperty('images');
    expect(flood.stages).toHaveLength(6);
  });

  it('is read also in the form in which talkers are objects, as earlier versions wrote it', () => {
    const found = decodeAnnotations(changed({}));
    expect(found).toMatchObject({ found: true, summary: plain });
  });

  it('carries no credentials', () => {
    const summary = {
      ...plain,
      reason: 'https://u:hunter2@host.example refused',
      logLines: ['token=hunter2'],
      images: [{ ...image(), reason: 'https://u:hunter2@host.example said 401' }],
    };
    expect(JSON.stringify(encodeAnnotations({ summary, digest }))).not.toContain('hunter2');
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'stays within 4 KiB and can be read whatever it is made of (seed %i)',
    (seed) => {
      const annotations = encodeAnnotations({ summary: hostileSummary(randomFrom(seed)), digest });
      expect(annotationBytes(annotations)).toBeLessThanOrEqual(MAX_ANNOTATION_BYTES);
      const counted = Object.entries(annotations).reduce(
        (total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(value),
        0,
      );
      expect(annotationBytes(annotations)).toBe(counted);
      expect(decoded(annotations).truncated).toBe(true);
    },
  );

  it.each([
    ['nothing of ours', {}, `the Job carries no ${KEY} annotation`],
    ['no JSON', { [KEY]: '{"version":1,' }, 'is not JSON'],
    ['a list', { [KEY]: '[]' }, 'is not an object'],
    ['no version', { [KEY]: '{"runId":"x"}' }, 'has no version'],
    ['a newer version', { [KEY]: '{"version":2}' }, 'is of version 2; this program reads version 1'],
    ['a missing field', { [KEY]: '{"version":1}' }, 'totals is not an object'],
    ['an unknown outcome', changed({ outcome: 'splendid' }), 'outcome is not one of passed'],
    ['a number for a text', changed({ target: 5 }), 'target is not a text'],
    ['a text in a number', changed({ durationMs: '5' }), 'durationMs is not a number'],
    ['a broken stage', changed({ stages: [null] }), 'stages[0] is not an object'],
    [
      'an unknown class',
      changed({ topClient: ['10.0.0.1', 1, 'friend'] }),
      'topClient: class is not one of pod, node, other',
    ],
    ['a broken client', changed({ clients: [['10.0.0.1']] }), 'clients[0]: bytes is not a number'],
    ['a broken image', changed({ images: [['alpine', 'eaten']] }), 'images[0]: outcome is not one of pulled'],
    ['a text for shared', changed({ shared: 'yes' }), 'shared is not true or false'],
    ['a broken talker', changed({ topClient: { name: 1, bytes: 1 } }), 'topClient: name is not a text'],
  ])('says why it cannot be read when it holds %s', (_, annotations: Record<string, string>, why) => {
    const found = decodeAnnotations(annotations);
    expect(found).toMatchObject({ found: false });
    expect(found.found ? '' : found.why).toContain(why);
  });
});

function image(): NonNullable<ResultSummary['images']>[number] {
  return {
    image: 'docker.io/library/alpine:3.20',
    outcome: 'pulled',
    durationMs: 60_123,
    durationWithQueueMs: 60_223,
    sizeBytes: null,
    proxyBytes: 131_234_567,
    rateBytesPerSecond: 2_182_767,
  };
}

function clusterSummary(overrides: Partial<ResultSummary> = {}): ResultSummary {
  const pod = { name: '10.244.0.17', bytes: 524_288_000, class: 'pod' } as const;
  const node = { name: '10.244.0.1', bytes: 419_430_400, class: 'node' } as const;
  const names = ['image-pull', 'apk-add', 'npm-install', 'go-download', 'git-mirror', 'summary'];
  const stages = names.map((stage) =>
    buildStageEvidence({ stage, topClient: pod, exitCode: 0, startedAtMs: 1_763_746_321_123 }),
  );
  const evidence = buildEvidence({
    stages,
    shared: true,
    clients: [pod, node, { name: '10.244.3.9', bytes: 7, class: 'other' }],
    images: Array.from({ length: 5 }, () => ({ ...image(), startedAtMs: 1_000, finishedAtMs: 2_000 })),
  });
  return { ...summaryOf(buildResult({ evidence })), ...overrides };
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('empty');
  return item;
}

function changed(fields: object): Record<string, string> {
  return { [KEY]: JSON.stringify({ ...plain, digest, truncated: false, ...fields }) };
}

function hostileSummary(random: Random): ResultSummary {
  const alphabets = ['"', '\\', '\u0000', 'é', '漢', '😀', '\ud800', 'a', '\u2028'];
  const text = (): string =>
    Array.from({ length: upTo(random, 2000) + 500 }, () => alphabets[upTo(random, alphabets.length - 1)]).join('');
  const talker = (): { name: string; bytes: number; class: 'other' } => ({
    name: text(),
    bytes: Number.MAX_SAFE_INTEGER,
    class: 'other',
  });
  return {
    ...plain,
    runId: text(),
    target: text(),
    node: text(),
    profile: text(),
    kind: text(),
    jobName: text(),
    reason: text(),
    stage: text(),
    topClient: talker(),
    topDestination: talker(),
    stages: Array.from({ length: upTo(random, 80) }, () => ({
      ...first(plain.stages),
      name: text(),
      reason: text(),
      note: text(),
      cumulativeBytes: Number.MAX_SAFE_INTEGER,
      topClient: talker(),
      topDestination: talker(),
    })),
    shared: upTo(random, 1) === 0,
    clients: Array.from({ length: upTo(random, 30) }, talker),
    images: Array.from({ length: upTo(random, 80) }, () => ({
      ...image(),
      image: text(),
      reason: text(),
      proxyBytes: Number.MAX_SAFE_INTEGER,
    })),
    omittedStages: Array.from({ length: upTo(random, 80) }, () => ({ name: text(), reason: text() })),
    logLines: Array.from({ length: upTo(random, 30) }, text),
  };
}
