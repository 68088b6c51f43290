// A start by hand or from CI can carry anything: what is no input must fail the workflow, not its task again and again.
import { ApplicationFailure } from '@temporalio/workflow';
import { INVALID_INPUT } from '../errors/failure-types.ts';

const NAMES = ['target', 'profile'] as const;
const PLAN_TEXTS = ['runId', 'kind', 'profile', 'jobName', 'specHash'] as const;
const PLAN_PARTS = ['target', 'proxy', 'labels', 'sampling', 'pullRetry', 'thresholds', 'cleanUp'] as const;
const PLAN_LISTS = ['stages', 'omittedStages', 'objects'] as const;
const FLEET_TEXTS = ['fleetId', 'profile'] as const;

/** @throws ApplicationFailure of type InvalidInput, never retried */
export function checkTargetInput(input: unknown): void {
  const fields = fieldsOf(input, 'give {"target": "...", "profile": "..."} or {"plan": {...}}');
  if (!fields.has('plan')) {
    requireAll({ fields, names: NAMES, is: isText, what: 'a text' });
    if (fields.has('runId')) requireAll({ fields, names: ['runId'], is: isText, what: 'a text' });
    return;
  }
  const plan = fieldsOf(fields.get('plan'), 'plan must be an object');
  requireAll({ fields: plan, names: PLAN_TEXTS, is: isText, what: 'a text' });
  requireAll({ fields: plan, names: PLAN_PARTS, is: isObject, what: 'an object' });
  requireAll({ fields: plan, names: PLAN_LISTS, is: Array.isArray, what: 'a list' });
  requireAll({ fields: plan, names: ['deadlineMs'], is: isPositive, what: 'a positive number' });
  requireAll({ fields: fieldsOf(plan.get('target'), ''), names: ['name', 'node'], is: isText, what: 'a text' });
}

/** @throws ApplicationFailure of type InvalidInput, never retried */
export function checkFleetInput(input: unknown): void {
  const fields = fieldsOf(input, 'give {"fleetId", "profile", "maxParallel", "runs": [{"target", "runId"}]}');
  requireAll({ fields, names: FLEET_TEXTS, is: isText, what: 'a text' });
  requireAll({ fields, names: ['maxParallel'], is: isPositive, what: 'a positive number' });
  requireAll({ fields, names: ['runs'], is: Array.isArray, what: 'a list' });
  for (const run of fields.get('runs') as readonly unknown[]) {
    requireAll({
      fields: fieldsOf(run, 'a run must be an object'),
      names: ['target', 'runId'],
      is: isText,
      what: 'a text',
    });
  }
}

function fieldsOf(value: unknown, hint: string): ReadonlyMap<string, unknown> {
  if (!isObject(value)) throw refusal(hint);
  return new Map(Object.entries(value));
}

function requireAll(input: {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly names: readonly string[];
  readonly is: (value: unknown) => boolean;
  readonly what: string;
}): void {
  const wrong = input.names.filter((name) => !input.is(input.fields.get(name)));
  if (wrong.length > 0) throw refusal(`${wrong.join(', ')}: must be ${input.what}`);
}

function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`the workflow's input: ${message}`, INVALID_INPUT);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}
