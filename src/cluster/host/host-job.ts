// The part of a Plan that a host Job needs, as its supervisor reads it from disk.
import type { Companion, EnvironmentVariable, Plan } from '../../plan/plan.ts';
import { createExclusively, readIfThere } from './exclusive-file.ts';
import type { RunDirectory } from './run-directory.ts';

/** A stage as the supervisor runs it. */
export interface HostStage {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly files: Readonly<Record<string, string>>;
  readonly serveThisClone: boolean;
  /** Held by the workflow; kept here for whoever reads the file. */
  readonly deadlineMs: number;
}

/** A companion as the supervisor runs it. */
export type HostCompanion = Omit<Companion, 'image'>;

/** Content of job.json: written once, never changed. */
export interface HostJob {
  readonly version: 1;
  readonly jobName: string;
  readonly namespace: string;
  readonly runId: string;
  readonly specHash: string;
  /** Who asked for it; null when nobody said. */
  readonly owner: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  /** From `createdAtMs`; the supervisor ends the Job then, though nobody else is left to. */
  readonly activeDeadlineMs: number;
  readonly stopGraceMs: number;
  readonly keepFinishedMs: number;
  readonly stages: readonly HostStage[];
  /** Absent for a Job without. */
  readonly companions?: readonly HostCompanion[];
}

/** Cuts a Plan down to its Job. */
export function toHostJob(input: {
  readonly plan: Plan;
  readonly owner: string | null;
  readonly createdAtMs: number;
  readonly deadlineMarginMs: number;
}): HostJob {
  const { plan } = input;
  return {
    version: 1,
    jobName: plan.jobName,
    namespace: plan.target.namespace,
    runId: plan.runId,
    specHash: plan.specHash,
    owner: input.owner,
    labels: plan.labels,
    createdAtMs: input.createdAtMs,
    activeDeadlineMs: plan.deadlineMs + input.deadlineMarginMs,
    stopGraceMs: plan.cleanUp.stopGraceMs,
    keepFinishedMs: plan.cleanUp.keepFinishedMs,
    stages: plan.stages.map(({ name, command, env, files, serveThisClone, deadlineMs }) => ({
      name,
      command,
      env,
      files,
      serveThisClone,
      deadlineMs,
    })),
    ...(plan.companions === undefined ? {} : { companions: plan.companions.map(toHostCompanion) }),
  };
}

function toHostCompanion({ image: _image, ...companion }: Companion): HostCompanion {
  return companion;
}

/** Writes job.json unless there is one. Tells whether this call made it. */
export async function createHostJob(input: {
  readonly directory: RunDirectory;
  readonly job: HostJob;
}): Promise<boolean> {
  return createExclusively({ path: input.directory.jobFile, content: `${JSON.stringify(input.job, null, 2)}\n` });
}

/** The Job on disk, or null when there is none. */
export async function readHostJob(directory: RunDirectory): Promise<HostJob | null> {
  const text = await readIfThere(directory.jobFile);
  // Written whole by this program and never changed after, so what is there is what was written.
  return text === null ? null : (JSON.parse(text) as HostJob);
}
