// Checks a parsed annotation field by field: what stands on a Job may be newer, foreign or edited by hand.
import { STAGE_FAILURE_FAMILIES } from '../plan/plan.ts';
import { FAILURE_FAMILIES, RUN_OUTCOMES } from './verdict.ts';
import type { CompanionEvidence } from './companion-model.ts';
import type { ClientClass, ImageEvidence, StageEvidence, Talker } from './evidence.ts';
import { FieldReader, UnexpectedField } from './field-reader.ts';
import type { ResultSummary, SummaryCompanion, SummaryImage, SummaryStage } from './result-summary.ts';
import { COLUMN_UNITS, type ResultTable } from './result-table.ts';

/** A result as it was found on a Job, or why none was. */
export type DecodedResult =
  | { readonly found: true; readonly summary: ResultSummary; readonly digest: string; readonly truncated: boolean }
  | { readonly found: false; readonly why: string };

const CLASSES: readonly ClientClass[] = ['pod', 'node', 'other'];

const OUTCOMES: readonly ImageEvidence['outcome'][] = ['pulled', 'present', 'failed', 'pulling'];

const TALKER = ['name', 'bytes', 'class'];

const IMAGE = [
  'image',
  'outcome',
  'durationMs',
  'durationWithQueueMs',
  'sizeBytes',
  'proxyBytes',
  'rateBytesPerSecond',
  'reason',
];

const COMPANION = [
  'name',
  'limits',
  'peakMemoryBytes',
  'memoryLimitBytes',
  'cpuSeconds',
  'periods',
  'throttledPeriods',
  'restarts',
  'oomKills',
];

const TABLE = ['title', 'columns', 'rows'];

const COLUMN = ['name', 'unit', 'expendable'];

const LIMITS: readonly CompanionEvidence['limits'][] = ['none', 'enforced', 'not-enforced', 'unknown'];

const STATES: readonly StageEvidence['state'][] = ['passed', 'failed', 'running', 'not-started'];

/** Turns parsed JSON into a summary, or says which field of `key` is not what this version writes. */
export function readSummary(value: unknown, key: string): DecodedResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { found: false, why: `${key} is not an object; something else wrote it` };
  }
  const version: unknown = 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && version > 1) {
    return { found: false, why: `${key} is of version ${version}; this program reads version 1, use a newer one` };
  }
  if (version !== 1) return { found: false, why: `${key} has no version; something else wrote it` };
  try {
    const root = new FieldReader(value, key);
    return { found: true, summary: summaryFrom(root), digest: root.text('digest'), truncated: root.flag('truncated') };
  } catch (thrown) {
    if (thrown instanceof UnexpectedField) return { found: false, why: thrown.message };
    throw thrown;
  }
}

function summaryFrom(root: FieldReader): ResultSummary {
  const totals = root.object('totals');
  return {
    version: 1,
    runId: root.text('runId'),
    target: root.text('target'),
    node: root.text('node'),
    profile: root.text('profile'),
    kind: root.text('kind'),
    jobName: root.text('jobName'),
    outcome: root.oneOf('outcome', RUN_OUTCOMES),
    failureFamily: root.oneOf('failureFamily', FAILURE_FAMILIES),
    reason: root.text('reason'),
    stage: root.orNull('stage', () => root.text('stage')),
    startedAtMs: root.number('startedAtMs'),
    finishedAtMs: root.number('finishedAtMs'),
    durationMs: root.number('durationMs'),
    totals: {
      totalBytes: totals.number('totalBytes'),
      uploadBytes: totals.number('uploadBytes'),
      downloadBytes: totals.number('downloadBytes'),
      attributedBytes: totals.number('attributedBytes'),
      outsideBytes: totals.number('outsideBytes'),
      unattributedBytes: totals.number('unattributedBytes'),
      coverage: totals.number('coverage'),
      ...(totals.has('earlierAttemptsBytes') ? { earlierAttemptsBytes: totals.number('earlierAttemptsBytes') } : {}),
    },
    gapCount: root.number('gapCount'),
    largestGapMs: root.number('largestGapMs'),
    proxyRestarts: root.number('proxyRestarts'),
    pullAttempts: root.number('pullAttempts'),
    topClient: talkerFrom(root, 'topClient'),
    topDestination: talkerFrom(root, 'topDestination'),
    stages: root.objects('stages').map(stageFrom),
    ...(root.has('images') ? { images: root.rows('images', IMAGE).map(imageFrom) } : {}),
    ...(root.has('clients') ? { clients: root.rows('clients', TALKER).map(talkerOf) } : {}),
    ...(root.has('shared') ? { shared: root.flag('shared') } : {}),
    ...(root.has('sampled') ? { sampled: root.oneOf('sampled', ['companions'] as const) } : {}),
    ...(root.has('companions') ? { companions: root.rows('companions', COMPANION).map(companionFrom) } : {}),
    ...(root.has('tables') ? { tables: root.rows('tables', TABLE).map(tableFrom) } : {}),
    omittedStages: root
      .objects('omittedStages')
      .map((stage) => ({ name: stage.text('name'), reason: stage.text('reason') })),
    logLines: root.texts('logLines'),
  };
}

function stageFrom(stage: FieldReader): SummaryStage {
  return {
    name: stage.text('name'),
    failureFamily: stage.oneOf('failureFamily', STAGE_FAILURE_FAMILIES),
    state: stage.oneOf('state', STATES),
    startedAtMs: stage.orNull('startedAtMs', () => stage.number('startedAtMs')),
    finishedAtMs: stage.orNull('finishedAtMs', () => stage.number('finishedAtMs')),
    durationMs: stage.number('durationMs'),
    attributedBytes: stage.number('attributedBytes'),
    unattributedBytes: stage.number('unattributedBytes'),
    cumulativeBytes: stage.number('cumulativeBytes'),
    topClient: talkerFrom(stage, 'topClient'),
    topDestination: talkerFrom(stage, 'topDestination'),
    gap: stage.flag('gap'),
    ...(stage.has('exitCode') ? { exitCode: stage.number('exitCode') } : {}),
    ...(stage.has('reason') ? { reason: stage.text('reason') } : {}),
    ...(stage.has('note') ? { note: stage.text('note') } : {}),
    ...(stage.has('figures') ? { figures: stage.figures('figures') } : {}),
  };
}

function companionFrom(companion: FieldReader): SummaryCompanion {
  const numberOrNull = (field: string): number | null => companion.orNull(field, () => companion.number(field));
  return {
    name: companion.text('name'),
    limits: companion.oneOf('limits', LIMITS),
    peakMemoryBytes: numberOrNull('peakMemoryBytes'),
    memoryLimitBytes: numberOrNull('memoryLimitBytes'),
    cpuSeconds: numberOrNull('cpuSeconds'),
    periods: numberOrNull('periods'),
    throttledPeriods: numberOrNull('throttledPeriods'),
    restarts: numberOrNull('restarts'),
    oomKills: numberOrNull('oomKills'),
  };
}

function tableFrom(table: FieldReader): ResultTable {
  return {
    title: table.text('title'),
    columns: table.rows('columns', COLUMN).map((column) => ({
      name: column.text('name'),
      unit: column.oneOf('unit', COLUMN_UNITS),
      ...(column.has('expendable') ? { expendable: column.number('expendable') } : {}),
    })),
    rows: table.valueRows('rows'),
  };
}

function imageFrom(image: FieldReader): SummaryImage {
  const numberOrNull = (field: string): number | null => image.orNull(field, () => image.number(field));
  return {
    image: image.text('image'),
    outcome: image.oneOf('outcome', OUTCOMES),
    durationMs: numberOrNull('durationMs'),
    durationWithQueueMs: numberOrNull('durationWithQueueMs'),
    sizeBytes: numberOrNull('sizeBytes'),
    proxyBytes: image.number('proxyBytes'),
    rateBytesPerSecond: image.number('rateBytesPerSecond'),
    ...(image.has('reason') ? { reason: image.text('reason') } : {}),
  };
}

function talkerFrom(parent: FieldReader, field: string): Talker | null {
  return parent.orNull(field, () => talkerOf(parent.row(field, TALKER)));
}

function talkerOf(talker: FieldReader): Talker {
  return {
    name: talker.text('name'),
    bytes: talker.number('bytes'),
    ...(talker.has('class') ? { class: talker.oneOf('class', CLASSES) } : {}),
  };
}
