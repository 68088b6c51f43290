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
    const few = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(2), logLines }, digest }));
    expect(few).toMatchObject({
      truncated: true,
      summary: { stages: [{ topClient: { name: '127.0.0.1' }, reason: 'r'.repeat(150) }, {}] },
    });
    expect(few.summary.logLines).toEqual(logLines.slice(-8));
    const more = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(7), logLines }, digest })).summary;
    expect(more.logLines).toEqual([]);
    expect(more.stages).toHaveLength(7);
    expect(more.stages[0]).toMatchObject({ topClient: null, reason: 'r'.repeat(150) });
    const many = decoded(encodeAnnotations({ summary: { ...plain, stages: stages(10), logLines }, digest })).summary;
    expect(many.stages).toHaveLength(10);
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

  it('carries no credentials', () => {
    const summary = { ...plain, reason: 'https://u:hunter2@host.example refused', logLines: ['token=hunter2'] };
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
    ['a broken talker', changed({ topClient: { name: 1, bytes: 1 } }), 'topClient: name is not a text'],
  ])('says why it cannot be read when it holds %s', (_, annotations: Record<string, string>, why) => {
    const found = decodeAnnotations(annotations);
    expect(found).toMatchObject({ found: false });
    expect(found.found ? '' : found.why).toContain(why);
  });
});

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
  const talker = (): { name: string; bytes: number } => ({ name: text(), bytes: Number.MAX_SAFE_INTEGER });
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
    omittedStages: Array.from({ length: upTo(random, 80) }, () => ({ name: text(), reason: text() })),
    logLines: Array.from({ length: upTo(random, 30) }, text),
  };
}
