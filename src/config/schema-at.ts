// Finds what a schema says about the place of a value, for hints and for the reference page.
import type { ValuePath } from './read-yaml-file.ts';

/** The part of JSON Schema that the configuration's schemas come out as, with the two notes of our own. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly hint?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
}

/** The schema that holds at `path` of `data`, or undefined where none does. */
export function schemaAt(input: {
  readonly schema: SchemaNode;
  readonly data: unknown;
  readonly path: ValuePath;
}): SchemaNode | undefined {
  let node: SchemaNode | undefined = chosen(input.schema, input.data);
  let value = input.data;
  for (const step of input.path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
    node = chosen(childOf(node, step), value);
  }
  return node;
}

function childOf(node: SchemaNode | undefined, step: string | number): SchemaNode | undefined {
  if (node === undefined) return undefined;
  if (typeof step === 'number') return node.items;
  const property = Object.entries(node.properties ?? {}).find(([name]) => name === step)?.[1];
  if (property !== undefined) return property;
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

/** The alternative that fits the value: by a constant that it holds, else by a key that it has. */
function chosen(node: SchemaNode | undefined, value: unknown): SchemaNode | undefined {
  const alternatives = node?.oneOf ?? node?.anyOf;
  if (alternatives === undefined || typeof value !== 'object' || value === null) return node;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const constants = (one: SchemaNode) =>
    Object.entries(one.properties ?? {}).filter(([, property]) => property.const !== undefined);
  return (
    alternatives.find(
      (one) => constants(one).length > 0 && constants(one).every(([name, property]) => fields[name] === property.const),
    ) ??
    alternatives.find(
      (one) =>
        constants(one).length === 0 && Object.keys(one.properties ?? {}).some((name) => Object.hasOwn(fields, name)),
    ) ??
    node
  );
}
