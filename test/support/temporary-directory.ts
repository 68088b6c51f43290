// A directory for one test, removed when the test has finished.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes it; call inside a test. `purpose` is part of its name, for whoever finds one after a crash. */
export function temporaryDirectory(purpose: string): string {
  const directory = mkdtempSync(join(tmpdir(), `proxybench-${purpose}-`));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
