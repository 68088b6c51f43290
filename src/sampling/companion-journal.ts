// What was read of a run's companions, on the worker's disk: for whoever has to go on, or to hand over, without a heartbeat.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, messageOf } from '../errors/errors.ts';
import { type CompanionProgress, NOTHING_READ, joinProgress } from './companion-progress.ts';

const FILE = 'companions.json';

/** Writes the whole of it in place of what was there. `dir` is the run's own. @throws InfrastructureError */
export async function keepCompanionProgress(input: {
  readonly dir: string;
  readonly progress: CompanionProgress;
}): Promise<void> {
  const path = join(input.dir, FILE);
  try {
    await mkdir(input.dir, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.draft`;
    await writeFile(draft, JSON.stringify(input.progress), { mode: 0o600 });
    await rename(draft, path);
  } catch (thrown) {
    throw new InfrastructureError(`the journal of readings cannot be written: ${messageOf(thrown)}`);
  }
}

/** What was kept on this machine, with what a heartbeat has brought from another. */
export async function earlierCompanionProgress(input: {
  readonly dir: string;
  readonly resumed?: CompanionProgress | undefined;
}): Promise<CompanionProgress> {
  return joinProgress(await readKept(input.dir), input.resumed ?? NOTHING_READ);
}

async function readKept(dir: string): Promise<CompanionProgress> {
  try {
    return JSON.parse(await readFile(join(dir, FILE), 'utf8')) as CompanionProgress;
  } catch {
    return NOTHING_READ;
  }
}
