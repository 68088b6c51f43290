// Reads and checks the two files of a configuration, and tells every problem of both at once.
import { join } from 'node:path';
import type { z } from 'zod';
import { InvalidInputError } from '../errors/errors.ts';
import type { Problem } from '../errors/errors.ts';
import type { Config } from './config.ts';
import { profilesFileSchema } from './profiles-schema.ts';
import { readYamlFile } from './read-yaml-file.ts';
import type { YamlFile } from './read-yaml-file.ts';
import { profileRuleProblems, targetReferenceProblems } from './reference-problems.ts';
import { schemaProblems } from './schema-problems.ts';
import { targetsFileSchema } from './targets-schema.ts';

/** Where the files stand within a configuration's folder. */
const FOLDER = 'platform-infra';
export const TARGETS_FILE = 'sub2api.yaml';
export const PROFILES_FILE = 'egress-proxy-benchmarks.yaml';

/**
 * The configuration in `configDir`: `platform-infra/sub2api.yaml` and `platform-infra/egress-proxy-benchmarks.yaml`.
 * Changes nothing and reads no secret.
 * @throws InvalidInputError with every problem of both files
 */
export async function loadConfig(input: { readonly configDir: string }): Promise<Config> {
  const files = {
    targets: join(input.configDir, FOLDER, TARGETS_FILE),
    profiles: join(input.configDir, FOLDER, PROFILES_FILE),
  };
  const [targets, profiles] = await Promise.all([
    loadFile({ file: files.targets, schema: targetsFileSchema, check: targetReferenceProblems }),
    loadFile({ file: files.profiles, schema: profilesFileSchema, check: profileRuleProblems }),
  ]);
  if (!('value' in targets) || !('value' in profiles)) {
    throw new InvalidInputError([...problemsOf(targets), ...problemsOf(profiles)]);
  }
  return { files, ...targets.value, ...profiles.value };
}

type Loaded<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

async function loadFile<T>(input: {
  readonly file: string;
  readonly schema: z.ZodType<T>;
  readonly check: (yaml: YamlFile) => readonly Problem[];
}): Promise<Loaded<T>> {
  const { file, schema, check } = input;
  const read = await readYamlFile(file);
  if ('problems' in read) return read;
  const { yaml } = read;
  const problems = [...schemaProblems({ yaml, schema }), ...check(yaml)];
  return problems.length > 0 ? { problems } : { value: schema.parse(yaml.data) };
}

function problemsOf(loaded: Loaded<unknown>): readonly Problem[] {
  return 'problems' in loaded ? loaded.problems : [];
}
