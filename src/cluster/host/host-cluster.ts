// A Cluster that is this machine: a Job is a supervised process group, its record a directory.
import type { Cluster, JobSnapshot } from '../cluster.ts';
import { InvalidInputError } from '../../errors/errors.ts';
import { findOnPath } from '../../processes/find-on-path.ts';
import { isOwnProgram } from '../../programs/programs.ts';
import { applyPlan } from './apply-plan.ts';
import { awaitTransitions } from './await-transitions.ts';
import { readHostCompanions } from './companions/read-companions.ts';
import { namesIn, removeExpiredRuns, removeWork } from './clean-up-runs.ts';
import { readSnapshot } from './job-state.ts';
import { mergeAnnotations } from './job-annotations.ts';
import { openLoopbackControl } from './loopback-control.ts';
import { isName, requireName, runDirectory, runsRoot } from './run-directory.ts';
import { readStageLog } from './stage-log.ts';
import { stopJob } from './stop-job.ts';
import { findThisClone } from './this-clone.ts';

/** Beyond the run's deadline, which the workflow holds: by then a Job that still runs has been forgotten. */
const DEADLINE_MARGIN_MS = 120_000;

export interface HostClusterOptions {
  /** Absolute; made when needed, readable by its owner only. */
  readonly stateDir: string;
  /** How long after the plan's deadline a supervisor ends its Job by itself. Default 120,000. */
  readonly deadlineMarginMs?: number;
}

/** Runs Jobs as child processes of this machine. Two clusters on the same state directory see the same Jobs. */
export function createHostCluster(options: HostClusterOptions): Cluster {
  const { stateDir } = options;
  const deadlineMarginMs = options.deadlineMarginMs ?? DEADLINE_MARGIN_MS;

  async function readJob(input: { readonly namespace: string; readonly jobName: string }): Promise<JobSnapshot | null> {
    const { namespace } = input;
    return isName(input.jobName) ? readSnapshot({ directory: runDirectory({ stateDir, ...input }), namespace }) : null;
  }

  return {
    readJob,
    availableTools: async ({ tools }) =>
      new Set(
        tools.filter(
          (program) => isOwnProgram(program) || findOnPath({ program, path: process.env['PATH'] ?? '' }) !== null,
        ),
      ),
    whyNoClone: async () => {
      const clone = await findThisClone();
      return 'whyNot' in clone ? clone.whyNot : null;
    },
    // Only image pulls are given a second attempt, and a host pulls none: whatever the attempt, it is the same Job.
    apply: ({ plan, owner, signal }) =>
      applyPlan({ stateDir, plan, deadlineMarginMs, signal, ...(owner === undefined ? {} : { owner }) }),
    nextTransitions: ({ plan, cursor, signal }) =>
      awaitTransitions({ directory: runDirectory({ stateDir, jobName: plan.jobName }), cursor, signal }),
    readLog: async ({ jobName, stage, maxBytes }) => {
      requireName({ path: 'stage', name: stage });
      return readStageLog({ logs: runDirectory({ stateDir, jobName }).logs, stage, maxBytes });
    },
    annotate: async (input) => {
      if ((await readJob(input)) === null) {
        const hint = 'Nothing was made under this name; there is nothing to write on.';
        throw new InvalidInputError([
          { path: 'jobName', value: input.jobName, message: 'there is no Job to annotate', hint },
        ]);
      }
      const directory = runDirectory({ stateDir, ...input }).annotations;
      await mergeAnnotations({ directory, annotations: input.annotations });
    },
    listJobs: async ({ namespace }) => {
      const jobs = await Promise.all(
        (await namesIn(runsRoot(stateDir))).map((jobName) => readJob({ namespace, jobName })),
      );
      return jobs.filter((job) => job !== null).sort((a, b) => b.createdAtMs - a.createdAtMs);
    },
    stop: async (input) => {
      if (isName(input.jobName)) {
        await stopJob({ directory: runDirectory({ stateDir, ...input }), graceMs: input.graceMs });
      }
    },
    cleanUp: async ({ plan, jobApplied = true }) => {
      const leftOver = jobApplied ? await removeWork(runDirectory({ stateDir, jobName: plan.jobName })) : [];
      return { leftOver: [...leftOver, ...(await removeExpiredRuns({ stateDir, nowMs: Date.now() }))] };
    },
    openControl: async ({ proxy, signal }) => {
      signal.throwIfAborted();
      return openLoopbackControl(proxy.controlUrl);
    },
    readCompanions: ({ plan, signal }) =>
      readHostCompanions({ directory: runDirectory({ stateDir, jobName: plan.jobName }), signal }),
    // Whatever can be wrong with this machine itself shows in its tools, its clone and its proxy.
    diagnose: () => Promise.resolve([]),
  };
}
