// Turns what a schema found wrong into problems that name the place, the value and what to do.
import { z } from 'zod';
import type { Problem } from '../errors/errors.ts';
import { suggestion } from './did-you-mean.ts';
import type { ValuePath, YamlFile } from './read-yaml-file.ts';
import { schemaAt } from './schema-at.ts';
import type { SchemaNode } from './schema-at.ts';
import { shownPath, shownValueAt } from './shown-path.ts';

/** Keys that people look for, and what to do instead. */
const KEY_HINTS: Readonly<Record<string, string>> = {
  imagePullPolicy: 'Leave it out: every image is pulled with Always',
  secret: 'Use controlSecret: { env: NAME } or { file: /PATH }',
  registry: "Leave it out: the tools' own default upstreams are what is measured",
  goproxy: "Leave it out: the tools' own default upstreams are what is measured",
};

type Issue = z.core.$ZodIssue;

/** Every problem that `schema` finds in the file. */
export function schemaProblems(input: { readonly yaml: YamlFile; readonly schema: z.ZodType }): readonly Problem[] {
  const { yaml, schema } = input;
  const result = schema.safeParse(yaml.data, { reportInput: true });
  if (result.success) return [];
  const described = describeSchema(schema);
  return result.error.issues.flatMap((issue) => issueProblems({ yaml, described, issue }));
}

/** A schema as the JSON Schema of what a user writes. */
export function describeSchema(schema: z.ZodType): SchemaNode {
  const described: object = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return described;
}

interface Found {
  readonly yaml: YamlFile;
  readonly described: SchemaNode;
  readonly issue: Issue;
}

function issueProblems({ yaml, described, issue }: Found): readonly Problem[] {
  const path = pathOf(issue);
  const here = schemaAt({ schema: described, data: yaml.data, path });
  const at = (place: ValuePath) => ({
    file: yaml.whereIs(place),
    path: shownPath(place),
    ...shownValueAt({ data: yaml.data, path: place }),
  });
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = Object.keys(here?.properties ?? {});
      return issue.keys.map((key) => ({
        ...at([...path, key]),
        message: 'is not a known setting',
        hint: Object.entries(KEY_HINTS).find(([name]) => name === key)?.[1] ?? suggestion({ word: key, known }),
      }));
    }
    case 'invalid_key':
      return [
        { ...at(path), value: path.at(-1), message: 'is no usable name', hint: keyHint({ yaml, described, path }) },
      ];
    case 'invalid_union':
      return [{ ...at(path), ...unionMessage({ yaml, described, issue, here, path }) }];
    default:
      return [{ ...at(path), message: messageFor(issue), hint: hintFor({ issue, here }) }];
  }
}

function unionMessage(input: Found & { readonly here: SchemaNode | undefined; readonly path: ValuePath }): {
  readonly message: string;
  readonly hint: string;
} {
  const { yaml, issue, here, path } = input;
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : null;
  if (options === null) return { message: 'has the wrong form', hint: here?.hint ?? 'See docs/configuration.md' };
  const { value } = shownValueAt({ data: yaml.data, path });
  if (value === undefined) return { message: 'is missing', hint: `Give one of: ${options.join(', ')}` };
  return { message: `is none of ${options.join(', ')}`, hint: suggestion({ word: String(value), known: options }) };
}

function keyHint(input: { readonly yaml: YamlFile; readonly described: SchemaNode; readonly path: ValuePath }): string {
  const parent = schemaAt({ schema: input.described, data: input.yaml.data, path: input.path.slice(0, -1) });
  return parent?.propertyNames?.hint ?? 'Use another name';
}

function messageFor(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${kindName(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'too_small':
      return `is ${issue.origin === 'number' || issue.origin === 'int' ? 'less' : 'shorter'} than ${issue.minimum}`;
    case 'too_big':
      return `is ${issue.origin === 'number' || issue.origin === 'int' ? 'more' : 'longer'} than ${issue.maximum}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `is none of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return 'does not look as it must';
    default:
      return issue.message;
  }
}

function hintFor(input: { readonly issue: Issue; readonly here: SchemaNode | undefined }): string {
  const { issue, here } = input;
  if (issue.code === 'invalid_value') return suggestion({ word: String(issue.input), known: issue.values.map(String) });
  if (here?.hint !== undefined) return here.hint;
  if (here?.description !== undefined)
    return `It is: ${here.description.charAt(0).toLowerCase()}${here.description.slice(1)}`;
  return 'See docs/configuration.md';
}

function kindName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return Object.entries(names).find(([name]) => name === expected)?.[1] ?? expected;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number';
  return typeof value === 'boolean' ? 'true or false' : 'text';
}

function pathOf(issue: Issue): ValuePath {
  return issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}
