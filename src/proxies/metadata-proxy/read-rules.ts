// Reads a file of filter rules, and tells every problem in it at once.
import { readYamlFile } from '../../config/read-yaml-file.ts';
import { schemaProblems } from '../../config/schema-problems.ts';
import { InvalidInputError } from '../../errors/errors.ts';
import { DEFAULT_RULES } from './default-rules.ts';
import type { FilterRules } from './filter-rules.ts';
import { rulesFileSchema } from './rules-schema.ts';

const FILE_HINTS = {
  missing: 'Give the name of a YAML file of rules, or none for the default rules',
  tooLarge: 'Keep only the rules in it',
  empty: 'Write at least version: 1 and extends: default',
};

/**
 * The rules in a YAML file, checked, defaults filled in: plain data, ready to be handed over as JSON.
 * @throws InvalidInputError with every problem of the file
 */
export async function readRules({ file }: { readonly file: string }): Promise<FilterRules> {
  const read = await readYamlFile(file, FILE_HINTS);
  if ('problems' in read) throw new InvalidInputError(read.problems);
  const problems = schemaProblems({ yaml: read.yaml, schema: rulesFileSchema });
  if (problems.length > 0) throw new InvalidInputError(problems);
  const { version: _version, extends: base, ...given } = rulesFileSchema.parse(read.yaml.data);
  return base === undefined ? given : extended(given);
}

function extended(given: FilterRules): FilterRules {
  return {
    queryKeys: union(DEFAULT_RULES.queryKeys, given.queryKeys),
    recursive: union(DEFAULT_RULES.recursive, given.recursive),
    concealed: union(DEFAULT_RULES.concealed, given.concealed),
    discovery: union(DEFAULT_RULES.discovery, given.discovery),
    prefixes: union(DEFAULT_RULES.prefixes, given.prefixes),
  };
}

function union(first: readonly string[], second: readonly string[]): readonly string[] {
  return [...new Set([...first, ...second])];
}
