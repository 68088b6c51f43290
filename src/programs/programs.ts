// The project's own programs that run by themselves, beside or as the stages of a run: commands in one folder.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutableFile } from '../processes/find-on-path.ts';

/** The folder, for a PATH. */
export function programsDirectory(): string {
  return fileURLToPath(new URL('../../programs', import.meta.url));
}

/** Whether a program of that name is one of them. */
export function isOwnProgram(name: string): boolean {
  return /^[a-z0-9-]+$/.test(name) && isExecutableFile(join(programsDirectory(), name));
}
