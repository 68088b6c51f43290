// A configuration folder of its own: the shipped files, changed by a test.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';

/** The configuration that is shipped. */
export const SHIPPED_CONFIG_DIR = fileURLToPath(new URL('../../config', import.meta.url));

/** What to change: values by path (`undefined` takes one away), or a whole file's bytes. */
export interface ConfigChanges {
  readonly targets?: FileChange;
  readonly profiles?: FileChange;
}

type FileChange =
  | string
  | Uint8Array
  | readonly (readonly [path: readonly (string | number)[], value: unknown])[]
  | null;

/** The folder, and the way to be rid of it. */
export interface ConfigDir {
  readonly configDir: string;
  dispose(): Promise<void>;
}

/** Writes the shipped configuration with `changes` into a folder of its own; null leaves the file out. */
export async function createConfigDir(changes: ConfigChanges = {}): Promise<ConfigDir> {
  const configDir = await mkdtemp(join(tmpdir(), 'proxybench-config-'));
  await mkdir(join(configDir, 'platform-infra'));
  await writeChanged({
    configDir,
    name: 'sub2api.yaml',
    change: changes.targets ?? (changes.targets === null ? null : []),
  });
  await writeChanged({
    configDir,
    name: 'egress-proxy-benchmarks.yaml',
    change: changes.profiles ?? (changes.profiles === null ? null : []),
  });
  return { configDir, dispose: () => rm(configDir, { recursive: true, force: true }) };
}

async function writeChanged(input: {
  readonly configDir: string;
  readonly name: string;
  readonly change: FileChange;
}): Promise<void> {
  const { configDir, name, change } = input;
  if (change === null) return;
  const file = join(configDir, 'platform-infra', name);
  if (typeof change === 'string' || change instanceof Uint8Array) return writeFile(file, change);
  const document = parseDocument(await readFile(join(SHIPPED_CONFIG_DIR, 'platform-infra', name), 'utf8'));
  for (const [path, value] of change) applyChange({ document, path, value });
  return writeFile(file, document.toString());
}

function applyChange(input: {
  readonly document: Document;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}): void {
  const { document, path, value } = input;
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
}
