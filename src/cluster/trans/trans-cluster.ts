// A Cluster behind a thin and unreliable line: every call is one bounded run of `trans`, what must not be missed is recorded there.
import { InvalidInputError } from '../../errors/errors.ts';
import { companionsRefused } from '../../plan/companions-refused.ts';
import type { RunReference } from '../../plan/plan.ts';
import type { Cluster } from '../cluster.ts';
import { annotateJob } from '../kubeconfig/annotate-job.ts';
import { applyJob } from '../kubeconfig/apply-job.ts';
import { cleanUpJob } from '../kubeconfig/clean-up-job.ts';
import { listSnapshots, readSnapshot } from '../kubeconfig/read-job.ts';
import { readStageLog } from '../kubeconfig/read-log.ts';
import { stopJob } from '../kubeconfig/stop-job.ts';
import { controlArguments, curlSetting } from './control-arguments.ts';
import { diagnoseByTrans } from './diagnose.ts';
import { type JobFollower, followJob } from './follow-job.ts';
import { openTransControl } from './open-trans-control.ts';
import { type Recorder, type RecorderLimits, recorderOf } from './recorder.ts';
import { remoteApi } from './remote-api.ts';
import { requireNeeds } from './remote-needs.ts';
import { createRoute } from './route.ts';

/** What has been read of so many runs is remembered; of others it is read again. */
const MOST_FOLLOWERS = 64;

export interface TransClusterOptions {
  /** The machine, as `trans` knows it. */
  readonly route: string;
  /** Environment of `trans`, which is found on its PATH. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly recorder?: RecorderLimits;
}

/** Runs Jobs on the cluster of the machine that `trans <route>` reaches, with the rights that kubectl has there. */
export function createTransCluster(options: TransClusterOptions): Cluster {
  const route = createRoute(options);
  const client = remoteApi(route);
  const followers = new Map<string, JobFollower>();
  let hasNeeds: Promise<void> | undefined;
  const recorderFor = (run: RunReference): Recorder =>
    recorderOf({ route, run, ...(options.recorder === undefined ? {} : { limits: options.recorder }) });

  function followerOf(run: RunReference): JobFollower {
    const follower = followers.get(run.runId) ?? followJob({ route, recorder: recorderFor(run), run });
    followers.delete(run.runId);
    followers.set(run.runId, follower);
    const [oldest] = followers.keys();
    if (followers.size > MOST_FOLLOWERS && oldest !== undefined) followers.delete(oldest);
    return follower;
  }

  /** Asked until it is well once. */
  async function checkNeeds(signal: AbortSignal): Promise<void> {
    hasNeeds ??= requireNeeds({ route, signal }).catch((thrown: unknown) => {
      hasNeeds = undefined;
      throw thrown;
    });
    await hasNeeds;
  }

  return {
    // A stage brings its tools in its image.
    availableTools: ({ tools }) => Promise.resolve(new Set(tools)),
    whyNoClone: () => Promise.resolve('Pods cannot reach a clone that lies on the worker'),
    apply: async ({ plan, attempt = 1, owner = null, signal }) => {
      const refused = companionsRefused(plan);
      if (refused.length > 0) throw new InvalidInputError(refused);
      return await applyJob({ client, plan, attempt, owner, signal });
    },
    nextTransitions: ({ plan, cursor, signal }) => followerOf(plan).next({ cursor, signal }),
    readLog: (input) => readStageLog({ client, ...input }),
    annotate: (input) => annotateJob({ client, ...input }),
    readJob: (input) => readSnapshot({ client, ...input }),
    listJobs: ({ namespace }) => listSnapshots({ client, namespace }),
    stop: (input) => stopJob({ client, ...input }),
    cleanUp: async ({ plan, jobApplied = true }) => {
      followers.delete(plan.runId);
      // Neither waits for the other's success: a recorder would go on to its deadline.
      const [job, recorder] = await Promise.allSettled([
        jobApplied ? cleanUpJob({ client, plan }) : { leftOver: [] },
        recorderFor(plan).remove(),
      ]);
      if (job.status === 'rejected') throw job.reason;
      if (recorder.status === 'rejected') throw recorder.reason;
      return { leftOver: [...job.value.leftOver, ...recorder.value] };
    },
    openControl: async ({ proxy, secret, run, signal }) => {
      // What cannot be used is told before anything is asked of the far side.
      controlArguments(proxy);
      curlSetting(secret);
      await checkNeeds(signal);
      const recorder = run === undefined ? undefined : recorderFor(run);
      return await openTransControl({ route, proxy, secret, recorder, signal });
    },
    readCompanions: ({ plan }) => Promise.reject(new InvalidInputError(companionsRefused(plan))),
    diagnose: (input) => diagnoseByTrans({ route, ...input }),
  };
}
