// A look at a target for `status`, `logs` and `doctor`; changes nothing.
import { Context } from '@temporalio/activity';
import type { Cluster, JobSnapshot } from '../cluster/cluster.ts';
import { resolveTarget } from '../config/config.ts';
import { checkTarget } from './check-target.ts';
import type { Activities, InspectRequest, InspectResult } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Logs of one inspection stay below this together, whatever was asked for: they pass through a workflow's history. */
const MAX_LOG_BYTES = 256 * 1024;

export function createInspect(deps: ActivityDeps): Activities['inspect'] {
  return async (request) => {
    const config = await deps.loadConfig();
    const target = resolveTarget({ config, name: request.target });
    const cluster = deps.openCluster({ connection: target.connection });
    if (request.checks === true) {
      const signal = Context.current().cancellationSignal;
      // Without the Job: a target that cannot tell of one is what checks are for.
      const checks = await checkTarget({ deps, config, target, cluster, signal });
      return { target: target.name, node: target.node, job: null, logs: [], checks };
    }
    const job = await findJob({ cluster, namespace: target.namespace, jobName: request.jobName });
    return {
      target: target.name,
      node: target.node,
      job,
      logs: job === null ? [] : await readLogs({ cluster, namespace: target.namespace, job, request }),
      checks: [],
    };
  };
}

async function findJob(input: {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly jobName: string | undefined;
}): Promise<JobSnapshot | null> {
  const { cluster, namespace, jobName } = input;
  if (jobName !== undefined) return await cluster.readJob({ namespace, jobName });
  const [newest] = await cluster.listJobs({ namespace });
  return newest ?? null;
}

async function readLogs(input: {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly job: JobSnapshot;
  readonly request: InspectRequest;
}): Promise<InspectResult['logs']> {
  const { cluster, namespace, job, request } = input;
  if (request.logs === undefined) return [];
  const stages = request.logs.stages.length === 0 ? job.stages : request.logs.stages;
  const maxBytes = Math.min(request.logs.maxBytesPerStage, Math.floor(MAX_LOG_BYTES / Math.max(1, stages.length)));
  return await Promise.all(
    stages.map(async (stage) => ({
      stage,
      ...(await cluster.readLog({ namespace, jobName: job.jobName, stage, maxBytes })),
    })),
  );
}
