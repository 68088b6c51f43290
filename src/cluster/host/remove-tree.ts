// Removes what a stage has left, read-only caches too: Go writes its module cache without write permission.
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DIRECTORY_MODE } from './run-directory.ts';

/** Removes the directory and all below it; links are removed, never followed. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await unlockDirectories(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function unlockDirectories(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) {
    return;
  }
  await chmod(path, DIRECTORY_MODE);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await unlockDirectories(join(path, entry.name));
    }
  }
}
