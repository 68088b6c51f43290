// Makes a host Job exist and run, exactly once however often it is asked for.
import { mkdir } from 'node:fs/promises';
import { InvalidInputError } from '../../errors/errors.ts';
import type { Problem } from '../../errors/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { createHostJob, readHostJob, toHostJob } from './host-job.ts';
import type { HostJob } from './host-job.ts';
import { DIRECTORY_MODE, isName, runDirectory } from './run-directory.ts';
import { isFilePath } from './stage-files.ts';
import { startSupervisor } from './start-supervisor.ts';

/**
 * Writes the Job down unless it is there, and brings up its supervisor unless it has one.
 * @throws InvalidInputError for a plan that needs a cluster, or when a different Job holds the name
 */
export async function applyPlan(input: {
  readonly stateDir: string;
  readonly plan: Plan;
  /** Who asks; a Job made for another owner is refused. */
  readonly owner?: string;
  /** Added to the plan's deadline; by then the workflow has ended the Job, if there still is one. Milliseconds. */
  readonly deadlineMarginMs: number;
  readonly signal: AbortSignal;
}): Promise<{ readonly created: boolean }> {
  const { plan, signal } = input;
  signal.throwIfAborted();
  const problems = problemsOf(plan);
  if (problems.length > 0) {
    throw new InvalidInputError(problems);
  }
  const directory = runDirectory({ stateDir: input.stateDir, jobName: plan.jobName });
  await mkdir(directory.root, { recursive: true, mode: DIRECTORY_MODE });
  const wanted = toHostJob({
    plan,
    owner: input.owner ?? null,
    createdAtMs: Date.now(),
    deadlineMarginMs: input.deadlineMarginMs,
  });
  const created = await createHostJob({ directory, job: wanted });
  const job = (await readHostJob(directory)) ?? wanted;
  requireSameJob({ job, wanted });
  await startSupervisor({ directory, job, signal });
  return { created };
}

/** What keeps a plan from running on a host. */
function problemsOf(plan: Plan): readonly Problem[] {
  const needsCluster = 'Choose a profile made for hosts, or a target with a cluster.';
  const rename = 'Use lower-case letters, digits and inner dashes.';
  const problems: Problem[] = [];
  if (plan.objects.length > 0) {
    problems.push({
      path: 'plan.objects',
      message: 'a host target has no place for Kubernetes objects',
      hint: needsCluster,
    });
  }
  for (const [index, stage] of plan.stages.entries()) {
    const path = `plan.stages[${index}]`;
    if (stage.kind !== 'container') {
      problems.push({
        path: `${path}.kind`,
        value: stage.kind,
        message: 'a host target pulls no images',
        hint: needsCluster,
      });
    } else if (stage.command.length === 0) {
      problems.push({
        path: `${path}.command`,
        value: [],
        message: 'there is nothing to run',
        hint: 'Give the stage a command.',
      });
    }
    if (!isName(stage.name) || plan.stages.findIndex(({ name }) => name === stage.name) !== index) {
      problems.push({
        path: `${path}.name`,
        value: stage.name,
        message: 'is not a name, or not the only one like it',
        hint: rename,
      });
    }
    for (const file of Object.keys(stage.files).filter((name) => !isFilePath(name))) {
      const hint = 'Give a path relative to the stage’s working directory.';
      problems.push({
        path: `${path}.files`,
        value: file,
        message: 'leads out of the stage’s working directory',
        hint,
      });
    }
  }
  return [...problems, ...(plan.companions ?? []).flatMap((_, index) => companionProblems({ plan, index }))];
}

function companionProblems(input: { readonly plan: Plan; readonly index: number }): readonly Problem[] {
  const { companions = [], stages } = input.plan;
  const companion = companions[input.index];
  if (companion === undefined) return [];
  const path = `plan.companions[${input.index}]`;
  const names = [...stages, ...companions].map(({ name }) => name);
  const hint =
    'A companion of a host target has a name of its own, a command, no image, and files of its own directory.';
  const faults = [
    ...(isName(companion.name) && names.filter((name) => name === companion.name).length === 1 ? [] : ['name']),
    ...(companion.command.length > 0 ? [] : ['command']),
    ...(companion.image === null ? [] : ['image']),
    ...(Object.keys(companion.files).every(isFilePath) ? [] : ['files']),
  ];
  return faults.map((field) => ({ path: `${path}.${field}`, message: 'cannot be used on a host target', hint }));
}

function requireSameJob(input: { readonly job: HostJob; readonly wanted: HostJob }): void {
  const keys = ['runId', 'specHash', 'namespace', 'owner'] as const;
  const different = keys.filter((key) => input.job[key] !== input.wanted[key]);
  if (different.length > 0) {
    throw new InvalidInputError([
      {
        path: 'plan.jobName',
        value: input.wanted.jobName,
        message: `a Job with another ${different.join(' and ')} holds this name`,
        hint: 'Start the run under a new run id.',
      },
    ]);
  }
}
