// A Cluster that is a context of the user's kubeconfig, or the one that this program itself runs in.
import type { Cluster } from '../cluster.ts';
import { annotateJob } from './annotate-job.ts';
import { applyJob } from './apply-job.ts';
import { NodeFacts, awaitTransitions } from './await-transitions.ts';
import { cleanUpJob } from './clean-up-job.ts';
import { openControlPath } from './control-path.ts';
import { diagnoseByKubeconfig } from './diagnose.ts';
import { KeptProxyPods } from './kept-proxy-pods.ts';
import { KubeClient } from './kube-client.ts';
import { NodeUsage } from './node-usage.ts';
import { readClusterCompanions } from './read-companions.ts';
import { listSnapshots, readSnapshot } from './read-job.ts';
import { readStageLog } from './read-log.ts';
import { stopJob } from './stop-job.ts';
import { WatchHub } from './watch-hub.ts';

/** A Cluster with connections and watches of its own, to be closed. */
export interface KubeconfigCluster extends Cluster {
  readonly client: KubeClient;
  close(): Promise<void>;
}

/** Nothing is read or asked before the first call. `context` may be `in-cluster`: the Pod's own service account. */
export function createKubeconfigCluster(input: { readonly context: string }): KubeconfigCluster {
  const client = new KubeClient(input);
  const hub = new WatchHub({ client });
  const nodes = new NodeFacts({ client });
  const usage = new NodeUsage({ client });
  const pods = new KeptProxyPods();
  return {
    client,
    close: async () => {
      await hub.close();
      await client.close();
    },
    availableTools: ({ tools }) => Promise.resolve(new Set(tools)),
    whyNoClone: () => Promise.resolve('a cluster cannot reach this clone on the machine that the worker runs on'),
    apply: ({ plan, attempt = 1, owner = null, signal }) => applyJob({ client, plan, attempt, owner, signal }),
    nextTransitions: (request) => awaitTransitions({ client, hub, nodes, ...request }),
    readLog: (request) => readStageLog({ client, ...request }),
    annotate: (request) => annotateJob({ client, ...request }),
    readJob: (request) => readSnapshot({ client, ...request }),
    listJobs: (request) => listSnapshots({ client, ...request }),
    stop: (request) => stopJob({ client, ...request }),
    cleanUp: async ({ plan, jobApplied = true }) => {
      pods.forget(plan);
      return jobApplied ? await cleanUpJob({ client, plan }) : { leftOver: [] };
    },
    openControl: ({ proxy, run, signal }) => openControlPath({ client, proxy, pods, runId: run?.runId, signal }),
    readCompanions: (request) => readClusterCompanions({ client, usage, ...request }),
    diagnose: (request) => diagnoseByKubeconfig({ client, ...request }),
  };
}
