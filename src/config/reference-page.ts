// Writes docs/configuration.md from the schemas, so that page and program cannot differ.
import { RULES } from '../profiles/real-deps/rules.ts';
import { PROFILES_FILE, TARGETS_FILE } from './load-config.ts';
import { profilesFileSchema } from './profiles-schema.ts';
import type { SchemaNode } from './schema-at.ts';
import { describeSchema } from './schema-problems.ts';
import { targetsFileSchema } from './targets-schema.ts';

/** The page, as Markdown. */
export function configurationPage(): string {
  return [
    '# Configuration',
    '',
    '<!-- Written by scripts/generate-configuration-docs.ts from the schemas: change those, not this page. -->',
    '',
    'Two YAML files in `platform-infra/` below the configuration folder (`config/`, or `--config-dir DIR`). Unknown settings',
    'are refused, every problem is told at once with its place, and nothing starts while there is one. Secrets never stand',
    'in these files, only where to read them.',
    '',
    ...section({ file: TARGETS_FILE, schema: describeSchema(targetsFileSchema) }),
    ...section({ file: PROFILES_FILE, schema: describeSchema(profilesFileSchema) }),
    '## What a real-deps profile must not do',
    '',
    'Checked in the profile and again in what is rendered from it. Images must be the real ones under docker.io, pulled with',
    'Always; volumes must be empty; the Git remote must be a public repository; packages must have exact versions. And:',
    '',
    ...RULES.map((rule) => `- ${code(rule.id)}: ${rule.sentence}.`),
    '',
  ].join('\n');
}

function section(input: { readonly file: string; readonly schema: SchemaNode }): readonly string[] {
  return [
    `## ${input.file}`,
    '',
    '| setting | form | unit | default | bounds | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...childRows({ path: '', node: input.schema }),
    '',
  ];
}

function childRows(input: { readonly path: string; readonly node: SchemaNode }): readonly string[] {
  const { path, node } = input;
  const below = path === '' ? '' : `${path}.`;
  const alternatives = node.oneOf ?? node.anyOf;
  if (alternatives !== undefined) return [...new Set(alternatives.flatMap((one) => childRows({ path, node: one })))];
  const named = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rows({ path: `${below}${name}`, node: child, required: node.required?.includes(name) ?? false }),
  );
  const free = node.additionalProperties;
  const unnamed =
    typeof free === 'object' ? rows({ path: `${below}<${freeName(node)}>`, node: free, required: false }) : [];
  const items = node.items === undefined ? [] : childRows({ path: `${path}[]`, node: node.items });
  return [...named, ...unnamed, ...items];
}

function rows(input: {
  readonly path: string;
  readonly node: SchemaNode;
  readonly required: boolean;
}): readonly string[] {
  const { path, node, required } = input;
  const fallback = node.default === undefined ? (required ? 'required' : '') : code(JSON.stringify(node.default));
  const meaning = node.description ?? '';
  const own =
    path.endsWith('>') && meaning === ''
      ? []
      : [`| ${[code(path), form(node), node.unit ?? '', fallback, bounds(node), meaning].map(cell).join(' | ')} |`];
  return [...own, ...childRows({ path, node })];
}

/** What a free key of a mapping stands for. */
function freeName(node: SchemaNode): string {
  return /path/i.test(node.propertyNames?.description ?? '') ? 'path' : 'name';
}

function form(node: SchemaNode): string {
  if (node.const !== undefined) return code(String(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(', ');
  if (node.oneOf !== undefined || node.anyOf !== undefined) return 'mapping';
  const names: Readonly<Record<string, string>> = {
    object: 'mapping',
    array: 'list',
    string: 'text',
    integer: 'whole number',
  };
  return names[node.type ?? ''] ?? node.type ?? '';
}

function bounds(node: SchemaNode): string {
  if (node.minimum !== undefined && node.maximum !== undefined) return `${node.minimum} to ${node.maximum}`;
  if (node.pattern !== undefined && node.hint !== undefined) return node.hint.replace(/^(?:Use|Give) /, '');
  if (node.maxItems !== undefined) return `${node.minItems ?? 0} to ${node.maxItems} entries`;
  return node.maxLength === undefined ? '' : `at most ${node.maxLength} characters`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
