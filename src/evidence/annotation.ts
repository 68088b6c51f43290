// The Job's durable evidence: a result's summary as annotations, bounded whatever the input, readable without Temporal.
import { type DecodedResult, readSummary } from './annotation-reader.ts';
import { maskCredentials } from './mask-credentials.ts';
import type { ResultSummary, SummaryStage } from './result-summary.ts';
import { shorten, utf8Bytes } from './shorten.ts';

/** Keys and values of all annotations of one result together stay within this many bytes. */
export const MAX_ANNOTATION_BYTES = 4096;

const RESULT_KEY = 'proxybench.dev/result';
const STATE_KEY = 'proxybench.dev/state';
const FAILURE_FAMILY_KEY = 'proxybench.dev/failure-family';

const MAX_NAME_BYTES = 100;
const MAX_REASON_BYTES = 300;
const MAX_DETAIL_BYTES = 160;
const MAX_STAGES = 64;

/** Each cut goes on top of the ones before it; the first document that fits is the one written. */
const CUTS: readonly ((summary: ResultSummary) => ResultSummary)[] = [
  ...[8, 4, 2, 0].map((kept) => (summary: ResultSummary) => ({
    ...summary,
    logLines: kept === 0 ? [] : summary.logLines.slice(-kept),
  })),
  (summary) => ({
    ...summary,
    stages: summary.stages.map((stage) => ({ ...stage, topClient: null, topDestination: null })),
  }),
  (summary) => ({ ...summary, topClient: null, topDestination: null }),
  (summary) => ({ ...summary, stages: summary.stages.map(withoutDetails) }),
  (summary) => ({ ...summary, omittedStages: [] }),
  ...[16, 8, 4, 0].map((kept) => (summary: ResultSummary) => ({ ...summary, stages: summary.stages.slice(0, kept) })),
];

/**
 * Writes a summary as annotations, at most 4 KiB in all. What does not fit is cut, and `truncated` says so, in this
 * order: log lines, oldest first; talkers of the stages, then of the run; reasons and notes of stages; omitted stages;
 * stages from the last one back. What is left then always fits. Long text is shortened first, credentials in it masked.
 * `digest`: SHA-256 of the full document, worked out by the caller, for this file runs inside workflows too.
 */
export function encodeAnnotations(input: {
  readonly summary: ResultSummary;
  readonly digest: string;
}): Readonly<Record<string, string>> {
  const digest = shorten({ text: input.digest, maxBytes: MAX_NAME_BYTES });
  let summary = withBoundedText(input.summary);
  let annotations = annotationsOf({ summary, digest, truncated: !isSame(summary, input.summary) });
  for (const cut of CUTS) {
    if (annotationBytes(annotations) <= MAX_ANNOTATION_BYTES) break;
    summary = cut(summary);
    annotations = annotationsOf({ summary, digest, truncated: true });
  }
  return annotations;
}

/** Reads what `encodeAnnotations` wrote. A Job without a result, a newer version or foreign content is told, not thrown. */
export function decodeAnnotations(annotations: Readonly<Record<string, string>>): DecodedResult {
  const text = annotations[RESULT_KEY];
  if (text === undefined) return { found: false, why: `the Job carries no ${RESULT_KEY} annotation` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { found: false, why: `${RESULT_KEY} is not JSON; something else wrote or cut it` };
  }
  return readSummary(value, RESULT_KEY);
}

function annotationsOf(input: {
  readonly summary: ResultSummary;
  readonly digest: string;
  readonly truncated: boolean;
}): Readonly<Record<string, string>> {
  const { summary, digest, truncated } = input;
  return {
    [STATE_KEY]: summary.outcome,
    [FAILURE_FAMILY_KEY]: summary.failureFamily,
    [RESULT_KEY]: JSON.stringify({ ...summary, digest, truncated }),
  };
}

/** Bytes of keys and values together, as the API server counts them. */
export function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce((total, [key, value]) => total + utf8Bytes(key) + utf8Bytes(value), 0);
}

function isSame(a: ResultSummary, b: ResultSummary): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function withBoundedText(summary: ResultSummary): ResultSummary {
  return {
    ...mapNames(summary, (text) => bounded(text, MAX_NAME_BYTES)),
    reason: bounded(summary.reason, MAX_REASON_BYTES),
    stages: summary.stages.slice(0, MAX_STAGES).map((stage) => ({
      ...stage,
      name: bounded(stage.name, MAX_NAME_BYTES),
      topClient: boundedTalker(stage.topClient),
      topDestination: boundedTalker(stage.topDestination),
      ...(stage.reason === undefined ? {} : { reason: bounded(stage.reason, MAX_DETAIL_BYTES) }),
      ...(stage.note === undefined ? {} : { note: bounded(stage.note, MAX_DETAIL_BYTES) }),
    })),
    omittedStages: summary.omittedStages.slice(0, MAX_STAGES).map(({ name, reason }) => ({
      name: bounded(name, MAX_NAME_BYTES),
      reason: bounded(reason, MAX_DETAIL_BYTES),
    })),
    topClient: boundedTalker(summary.topClient),
    topDestination: boundedTalker(summary.topDestination),
    logLines: summary.logLines.slice(-12).map((line) => bounded(line, MAX_REASON_BYTES)),
  };
}

function mapNames(summary: ResultSummary, map: (text: string) => string): ResultSummary {
  return {
    ...summary,
    runId: map(summary.runId),
    target: map(summary.target),
    node: map(summary.node),
    profile: map(summary.profile),
    kind: map(summary.kind),
    jobName: map(summary.jobName),
    stage: summary.stage === null ? null : map(summary.stage),
  };
}

function withoutDetails(stage: SummaryStage): SummaryStage {
  const { reason: _reason, note: _note, ...kept } = stage;
  return kept;
}

function boundedTalker(talker: SummaryStage['topClient']): SummaryStage['topClient'] {
  return talker === null ? null : { name: bounded(talker.name, MAX_NAME_BYTES), bytes: talker.bytes };
}

function bounded(text: string, maxBytes: number): string {
  return shorten({ text: maskCredentials(text), maxBytes });
}
