// The Job's durable evidence: a result's summary as annotations, bounded whatever the input, readable without Temporal.
import { type DecodedResult, readSummary } from './annotation-reader.ts';
import { maskCredentials } from './mask-credentials.ts';
import { compactSummary } from './compact-summary.ts';
import type { Talker } from './evidence.ts';
import type { ReportFigures } from './report-figures.ts';
import type { ResultSummary, SummaryImage, SummaryStage } from './result-summary.ts';
import type { ResultTable } from './result-table.ts';
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
const MAX_IMAGES = 64;
const MAX_CLIENTS = 24;
const MAX_COMPANIONS = 16;
const MAX_TABLES = 4;
const MAX_COLUMNS = 24;
const MAX_ROWS = 32;

/** Each cut goes on top of the ones before it; the first document that fits is the one written. */
const CUTS: readonly ((summary: ResultSummary) => ResultSummary)[] = [
  (summary) => withClients(summary, 5),
  ...[8, 4, 2, 0].map((kept) => (summary: ResultSummary) => ({
    ...summary,
    logLines: kept === 0 ? [] : summary.logLines.slice(-kept),
  })),
  (summary) => withClients(summary, 0),
  (summary) => ({ ...summary, stages: summary.stages.map(({ figures: _figures, ...stage }) => stage) }),
  (summary) => ({
    ...summary,
    stages: summary.stages.map((stage) => ({ ...stage, topClient: null, topDestination: null })),
  }),
  (summary) => ({ ...summary, topClient: null, topDestination: null }),
  (summary) => ({ ...summary, stages: summary.stages.map(withoutReasons), ...imagesPart(summary, withoutReasons) }),
  ({ images: _images, ...summary }) => summary,
  (summary) => withTables(summary, 1),
  ({ companions: _companions, ...summary }) => summary,
  (summary) => withTables(summary, 0),
  (summary) => ({ ...summary, omittedStages: [] }),
  ...[16, 8, 4, 0].map((kept) => (summary: ResultSummary) => ({ ...summary, stages: summary.stages.slice(0, kept) })),
];

/**
 * Writes a summary as annotations, at most 4 KiB in all. What does not fit is cut, and `truncated` says so, in this
 * order: clients after the fifth; log lines, oldest first; all clients; figures of the stages' reports; talkers of the
 * stages, then of the run; reasons and notes of stages and images; images; tables after the first; companions; the first table; omitted stages; stages from the
 * last one back. What is left then always fits. Long text is shortened first, credentials in it masked.
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
    [RESULT_KEY]: JSON.stringify({ ...compactSummary(summary), digest, truncated }),
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
      ...(stage.figures === undefined ? {} : { figures: boundedFigures(stage.figures) }),
    })),
    ...imagesPart(summary, ({ image, reason, ...kept }) => ({
      image: bounded(image, MAX_NAME_BYTES),
      ...kept,
      ...(reason === undefined ? {} : { reason: bounded(reason, MAX_DETAIL_BYTES) }),
    })),
    ...(summary.clients === undefined ? {} : { clients: summary.clients.slice(0, MAX_CLIENTS).map(boundedClient) }),
    ...(summary.companions === undefined
      ? {}
      : {
          companions: summary.companions
            .slice(0, MAX_COMPANIONS)
            .map((companion) => ({ ...companion, name: bounded(companion.name, MAX_NAME_BYTES) })),
        }),
    ...(summary.tables === undefined ? {} : { tables: summary.tables.slice(0, MAX_TABLES).map(boundedTable) }),
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

function withClients({ clients, ...summary }: ResultSummary, kept: number): ResultSummary {
  return clients === undefined || kept === 0 ? summary : { ...summary, clients: clients.slice(0, kept) };
}

function withTables({ tables, ...summary }: ResultSummary, kept: number): ResultSummary {
  return tables === undefined || kept === 0 ? summary : { ...summary, tables: tables.slice(0, kept) };
}

function imagesPart(
  { images }: ResultSummary,
  map: (image: SummaryImage) => SummaryImage,
): Pick<ResultSummary, 'images'> {
  return images === undefined ? {} : { images: images.slice(0, MAX_IMAGES).map((image) => map(image)) };
}

function withoutReasons<Row extends { readonly reason?: string; readonly note?: string }>(
  row: Row,
): Omit<Row, 'reason' | 'note'> {
  const { reason: _reason, note: _note, ...kept } = row;
  return kept;
}

function boundedFigures(figures: ReportFigures): ReportFigures {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [
      bounded(name, MAX_NAME_BYTES),
      typeof value === 'string' ? bounded(value, MAX_NAME_BYTES) : value,
    ]),
  );
}

function boundedTable({ title, columns, rows }: ResultTable): ResultTable {
  return {
    title: bounded(title, MAX_NAME_BYTES),
    columns: columns.slice(0, MAX_COLUMNS).map((column) => ({ ...column, name: bounded(column.name, MAX_NAME_BYTES) })),
    rows: rows
      .slice(0, MAX_ROWS)
      .map((row) =>
        row.slice(0, MAX_COLUMNS).map((value) => (typeof value === 'string' ? bounded(value, MAX_NAME_BYTES) : value)),
      ),
  };
}

function boundedTalker(talker: SummaryStage['topClient']): SummaryStage['topClient'] {
  return talker === null ? null : boundedClient(talker);
}

function boundedClient(talker: Talker): Talker {
  return { ...talker, name: bounded(talker.name, MAX_NAME_BYTES) };
}

function bounded(text: string, maxBytes: number): string {
  return shorten({ text: maskCredentials(text), maxBytes });
}
