// Takes one host Job from its first stage to its last word, whether or not anybody is left who asked for it.
import { mkdir } from 'node:fs/promises';
import { InfrastructureError } from '../../errors/errors.ts';
import { Companions } from './companions/companions.ts';
import { earlyEndOf } from './early-end.ts';
import type { EarlyEnd } from './early-end.ts';
import { readHostJob } from './host-job.ts';
import type { HostJob } from './host-job.ts';
import { claimJob } from './job-claim.ts';
import { DIRECTORY_MODE, directoryAt } from './run-directory.ts';
import type { RunDirectory } from './run-directory.ts';
import { runStage } from './run-stage.ts';
import { type RunSurroundings, surroundingsOf } from './run-surroundings.ts';
import { appendTransitions } from './transition-log.ts';
import type { TransitionLine } from './transition-log.ts';

/**
 * Claims the Job and runs its stages in order. Does nothing when somebody holds the claim already.
 * `stopRequested` resolves when this process has been asked to end.
 * @throws InfrastructureError where no Job was written down
 */
export async function supervise(input: {
  readonly runRoot: string;
  readonly stopRequested: Promise<void>;
}): Promise<void> {
  const directory = directoryAt(input.runRoot);
  const job = await readHostJob(directory);
  if (job === null) {
    throw new InfrastructureError(`There is no Job to run in ${input.runRoot}.`);
  }
  if (!(await claimJob({ directory, role: 'supervisor' }))) {
    return;
  }
  await mkdir(directory.logs, { recursive: true, mode: DIRECTORY_MODE });
  const earlyEnd = earlyEndOf({ job, directory, stopRequested: input.stopRequested });
  tell(directory, await carryOut({ job, directory, earlyEnd }));
}

interface Run {
  readonly job: HostJob;
  readonly directory: RunDirectory;
  readonly earlyEnd: Promise<EarlyEnd>;
}

/** Resolves with the Job's last word, which is not told yet; nothing of the Job runs any more then. */
async function carryOut(run: Run): Promise<TransitionLine> {
  const { job, directory, earlyEnd } = run;
  const surroundings = surroundingsOf(job);
  const companions = new Companions({ job, directory });
  try {
    const why = await companions.start({ machine: surroundings.machine, ended: earlyEnd });
    if (why !== null) return lastWord((await asOfNow(earlyEnd)) ?? { state: 'failed', reason: why });
    return await runStages({ ...run, companions, surroundings });
  } finally {
    const early = await asOfNow(earlyEnd);
    await companions.end({ graceMs: early?.graceMs ?? job.stopGraceMs, early: early !== null });
  }
}

async function runStages(
  run: Run & { readonly companions: Companions; readonly surroundings: RunSurroundings },
): Promise<TransitionLine> {
  const { job, directory, earlyEnd, companions, surroundings } = run;
  for (const stage of job.stages) {
    const early = await asOfNow(earlyEnd);
    if (early !== null) {
      return lastWord(early);
    }
    await companions.note();
    tell(directory, { stage: stage.name, phase: 'started', atMs: Date.now() });
    const end = await runStage({ job, stage, directory, earlyEnd, ...surroundings.of(stage.name) });
    tell(directory, {
      stage: stage.name,
      phase: end.reason === undefined ? 'finished' : 'failed',
      atMs: Date.now(),
      ...end,
    });
    if ((await asOfNow(earlyEnd)) === null) await companions.note();
    if (end.reason !== undefined) {
      return lastWord((await asOfNow(earlyEnd)) ?? { state: 'failed', reason: `stage ${stage.name}: ${end.reason}` });
    }
  }
  return { stage: null, phase: 'finished', atMs: Date.now(), state: 'succeeded' };
}

/** What the promise has come to, or null while it is open. */
async function asOfNow<T>(promise: Promise<T>): Promise<T | null> {
  return Promise.race([promise, new Promise<null>((resolve) => setImmediate(resolve, null))]);
}

function lastWord(end: Pick<EarlyEnd, 'state' | 'reason'>): TransitionLine {
  return { stage: null, phase: 'failed', atMs: Date.now(), reason: end.reason, state: end.state };
}

function tell(directory: RunDirectory, line: TransitionLine): void {
  appendTransitions({ path: directory.transitions, lines: [line] });
}
