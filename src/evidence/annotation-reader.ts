// Checks a parsed annotation field by field: what stands on a Job may be newer, foreign or edited by hand.
import { STAGE_FAILURE_FAMILIES } from '../plan/plan.ts';
import { FAILURE_FAMILIES, RUN_OUTCOMES } from './evidence.ts';
import type { StageEvidence, Talker } from './evidence.ts';
import type { ResultSummary, SummaryStage } from './result-summary.ts';

/** A result as it was found on a Job, or why none was. */
export type DecodedResult =
  | { readonly found: true; readonly summary: ResultSummary; readonly digest: string; readonly truncated: boolean }
  | { readonly found: false; readonly why: string };

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
    },
    gapCount: root.number('gapCount'),
    largestGapMs: root.number('largestGapMs'),
    proxyRestarts: root.number('proxyRestarts'),
    pullAttempts: root.number('pullAttempts'),
    topClient: talkerFrom(root, 'topClient'),
    topDestination: talkerFrom(root, 'topDestination'),
    stages: root.objects('stages').map(stageFrom),
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
  };
}

function talkerFrom(parent: FieldReader, field: string): Talker | null {
  return parent.orNull(field, () => {
    const talker = parent.object(field);
    return { name: talker.text('name'), bytes: talker.number('bytes') };
  });
}

class UnexpectedField extends Error {}

/** Reads fields of one object by type; the first one that is not as expected ends the reading. */
class FieldReader {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #path: string;

  constructor(value: object, path: string) {
    this.#fields = new Map(Object.entries(value));
    this.#path = path;
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  text(field: string): string {
    const value = this.#fields.get(field);
    return typeof value === 'string' ? value : this.#unexpected(field, 'a text');
  }

  number(field: string): number {
    const value = this.#fields.get(field);
    return typeof value === 'number' ? value : this.#unexpected(field, 'a number');
  }

  flag(field: string): boolean {
    const value = this.#fields.get(field);
    return typeof value === 'boolean' ? value : this.#unexpected(field, 'true or false');
  }

  oneOf<T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.#fields.get(field);
    return allowed.find((one) => one === value) ?? this.#unexpected(field, `one of ${allowed.join(', ')}`);
  }

  texts(field: string): readonly string[] {
    return this.#list(field).map((value) =>
      typeof value === 'string' ? value : this.#unexpected(field, 'a list of texts'),
    );
  }

  object(field: string): FieldReader {
    return this.#objectOf(this.#fields.get(field), field);
  }

  objects(field: string): readonly FieldReader[] {
    return this.#list(field).map((value, index) => this.#objectOf(value, `${field}[${index}]`));
  }

  orNull<T>(field: string, read: () => T): T | null {
    return this.#fields.get(field) === null ? null : read();
  }

  #list(field: string): readonly unknown[] {
    const value = this.#fields.get(field);
    return Array.isArray(value) ? value : this.#unexpected(field, 'a list');
  }

  #objectOf(value: unknown, field: string): FieldReader {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#unexpected(field, 'an object');
    return new FieldReader(value, `${this.#path}: ${field}`);
  }

  #unexpected(field: string, expected: string): never {
    throw new UnexpectedField(`${this.#path}: ${field} is not ${expected}; something else wrote or changed it`);
  }
}
