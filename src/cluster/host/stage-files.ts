// Lays a stage's files into its empty directories, and nowhere else.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { DIRECTORY_MODE, FILE_MODE } from './run-directory.ts';
import type { StageDirectories } from './stage-environment.ts';

/**
 * Makes the directories, which must not exist yet, and writes the files.
 * @throws the system's EEXIST when the stage was laid out before
 */
export async function layOutStage(input: {
  readonly directories: StageDirectories;
  readonly files: Readonly<Record<string, string>>;
}): Promise<void> {
  const { root, cwd, home, temporary } = input.directories;
  await mkdir(dirname(root), { recursive: true, mode: DIRECTORY_MODE });
  for (const directory of [root, cwd, home, temporary]) {
    await mkdir(directory, { mode: DIRECTORY_MODE });
  }
  for (const [path, content] of Object.entries(input.files)) {
    const file = join(cwd, path);
    await mkdir(dirname(file), { recursive: true, mode: DIRECTORY_MODE });
    await writeFile(file, content, { mode: FILE_MODE, flag: 'wx' });
  }
}

/** Whether a stage may have a file of that path: relative, inside its directory, not the directory itself. */
export function isFilePath(path: string): boolean {
  const clean = normalize(path);
  const leadsOut = clean === '..' || clean.startsWith(`..${sep}`);
  return path !== '' && !path.includes('\0') && !isAbsolute(path) && !leadsOut && clean !== '.' && !clean.endsWith(sep);
}
