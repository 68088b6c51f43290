// Where a program is, by the rule that shells use.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable file of that name in the directories of `path` (as in PATH), or null. */
export function findOnPath(input: { readonly program: string; readonly path: string }): string | null {
  for (const directory of input.path.split(delimiter)) {
    // An empty entry means the current directory: an invitation to run a stranger's file.
    if (directory === '') continue;
    const file = join(directory, input.program);
    if (isExecutableFile(file)) return file;
  }
  return null;
}

/** Whether this user may run the file. */
export function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
