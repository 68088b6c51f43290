// Small shell programs in a directory of their own, to put on a PATH in place of the real ones.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

/** Writes each program as a shell script. @returns the directory, for the PATH */
export function writePrograms(programs: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory('programs');
  for (const [name, script] of Object.entries(programs)) {
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return directory;
}
