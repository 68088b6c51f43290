// Removes what a finished Job no longer needs, and whole Jobs whose time is over.
import { randomUUID } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../errors/errors.ts';
import { removeCompanionGroups } from './companions/companions.ts';
import { isErrorWithCode } from './exclusive-file.ts';
import { endRunProcesses } from './finish-abandoned-job.ts';
import { readHostJob } from './host-job.ts';
import { lookAtJob } from './job-state.ts';
import { removeTree } from './remove-tree.ts';
import { directoryAt, isName, runsRoot } from './run-directory.ts';
import type { RunDirectory } from './run-directory.ts';

/** A Job's directory on its way out; it keeps this name when the removal is cut short, and is found again by it. */
const REMOVED = '.removed-';

/** Ends what is left of a finished Job and removes its working directories. Tells what could not be removed, and what still runs. */
export async function removeWork(directory: RunDirectory): Promise<readonly string[]> {
  const job = await readHostJob(directory);
  if (job === null) {
    return [];
  }
  const { state } = await lookAtJob({ directory, job });
  if (state === 'running') {
    return [`${job.jobName} is still running`];
  }
  // The supervisor may be just about to end, its last word said; strays may have survived a supervisor that was killed.
  const { left } = await endRunProcesses({ directory, job, graceMs: job.stopGraceMs });
  return [
    ...left.map((pid) => `process ${pid}`),
    ...(await removeCompanionGroups(directory)),
    ...(await tryToRemove(directory.work)),
  ];
}

/** Removes every Job of the state directory that has ended longer ago than it asked to be kept. */
export async function removeExpiredRuns(input: {
  readonly stateDir: string;
  readonly nowMs: number;
}): Promise<readonly string[]> {
  const root = runsRoot(input.stateDir);
  const leftOver: string[] = [];
  for (const name of await namesIn(root)) {
    if (name.startsWith(REMOVED)) {
      leftOver.push(...(await tryToRemove(join(root, name))));
    } else if (isName(name) && (await isExpired({ directory: directoryAt(join(root, name)), nowMs: input.nowMs }))) {
      leftOver.push(...(await removeCompanionGroups(directoryAt(join(root, name)))));
      // Out of sight in one step: nobody ever sees half a Job.
      const removed = join(root, `${REMOVED}${name}-${randomUUID()}`);
      await rename(join(root, name), removed);
      leftOver.push(...(await tryToRemove(removed)));
    }
  }
  return leftOver;
}

/** The names in a directory; none where there is no directory. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
}

async function isExpired(input: { readonly directory: RunDirectory; readonly nowMs: number }): Promise<boolean> {
  const job = await readHostJob(input.directory);
  if (job === null) {
    return false;
  }
  const { state, log } = await lookAtJob({ directory: input.directory, job });
  // A lost Job that nobody has asked about has no end on record; it had one by its deadline.
  const endedAtMs = log.final?.atMs ?? (state === 'lost' ? job.createdAtMs + job.activeDeadlineMs : null);
  return endedAtMs !== null && input.nowMs - endedAtMs > job.keepFinishedMs;
}

async function tryToRemove(path: string): Promise<readonly string[]> {
  try {
    await removeTree(path);
    return [];
  } catch (error) {
    return [`${path}: ${messageOf(error)}`];
  }
}
