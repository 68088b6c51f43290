import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationPage } from '../../../src/config/reference-page.ts';
import { describeSchema } from '../../../src/config/schema-problems.ts';
import type { SchemaNode } from '../../../src/config/schema-at.ts';
import { profilesFileSchema } from '../../../src/config/profiles-schema.ts';
import { targetsFileSchema } from '../../../src/config/targets-schema.ts';

it('docs/configuration.md is what scripts/generate-configuration-docs.ts writes', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(page).toBe(configurationPage());
});

it('every setting is described, and every number has a unit and both bounds', () => {
  const bare = [targetsFileSchema, profilesFileSchema].flatMap((schema) =>
    undescribed({ node: describeSchema(schema), path: '' }),
  );
  expect(bare).toEqual([]);
});

function undescribed(input: { readonly node: SchemaNode; readonly path: string }): readonly string[] {
  const { node, path } = input;
  const numeric = node.type === 'integer' || node.type === 'number';
  const lacking = [
    ...(numeric && (node.unit === undefined || node.minimum === undefined || node.maximum === undefined)
      ? [`${path}: bounds`]
      : []),
  ];
  const properties = Object.entries(node.properties ?? {}).flatMap(([name, child]) => [
    ...(child.description === undefined ? [`${path}.${name}: description`] : []),
    ...undescribed({ node: child, path: `${path}.${name}` }),
  ]);
  const others = [
    node.items,
    typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined,
    ...(node.oneOf ?? []),
    ...(node.anyOf ?? []),
  ];
  return [
    ...lacking,
    ...properties,
    ...others.flatMap((child) => (child === undefined ? [] : undescribed({ node: child, path: `${path}[]` }))),
  ];
}
