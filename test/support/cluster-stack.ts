// Everything a run on a real cluster goes through: Temporal, a worker that may be killed, and the cluster itself.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { decodeAnnotations } from '../../src/evidence/annotation.ts';
import type { DecodedResult } from '../../src/evidence/annotation-reader.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { runCommand } from '../../src/processes/run-command.ts';
import { runWorkflowId } from '../../src/temporal/names.ts';
import type { benchmarkTarget } from '../../src/workflows/benchmark-target.ts';
import { type RunStatus, runStatus } from '../../src/workflows/messages.ts';
import { clusterConfig } from './cluster-config.ts';
import { createConfigDir } from './config-dir.ts';
import { type ProxyCounters, readProxyCounters } from './proxy-counters.ts';
import { CONTROL_SECRET_VARIABLE, openRealCluster, type RealCluster } from './real-cluster.ts';
import { type RunHandle, TASK_QUEUE } from './stack.ts';
import { type TestServer, startTestServer } from './temporal-server.ts';
import { CLI, definedEnvironment, type Part, startPart } from './worker-part.ts';

export interface ClusterStack {
  readonly cluster: RealCluster;
  readonly server: TestServer;
  readonly client: Client;
  readonly config: Config;
  readonly configDir: string;
  readonly worker: Part;
  /** The proxy's own counters since it started, read past the program. */
  counters(): Promise<ProxyCounters>;
  startPlan(plan: Plan): Promise<RunHandle>;
  /** A run by the names of the configuration, as the command line starts it. */
  startByName(input: { readonly target: string; readonly profile: string; readonly runId: string }): Promise<RunHandle>;
  /** Resolves with the first status that is as wanted. @throws Error when the run has ended before */
  statusWhere(input: {
    readonly handle: RunHandle;
    readonly is: (status: RunStatus) => boolean;
    readonly what: string;
  }): Promise<RunStatus>;
  /** Resolves when the stage is in that state. */
  stageIs(input: { readonly handle: RunHandle; readonly stage: string; readonly state: string }): Promise<RunStatus>;
  /** Runs the command line; `code` is null when it took more than `timeoutMs` (280 s unless given). */
  cli(
    args: readonly string[],
    options?: { readonly timeoutMs?: number; readonly onLine?: (line: string) => void },
  ): Promise<{ readonly code: number | null; readonly output: string }>;
  /** What of the run is on the cluster, past the program. */
  leftOf(runId: string): Promise<LeftOnCluster>;
  stop(): Promise<void>;
}

/** Objects that carry the run's label. */
export interface LeftOnCluster {
  readonly jobs: readonly { readonly name: string; readonly finished: boolean; readonly ttlSeconds: number | null }[];
  /** Pods in which something may still run. */
  readonly alivePods: readonly string[];
  /** Kind and name of whatever would not go with the Job. */
  readonly unowned: readonly string[];
  /** The result that the Job's annotations tell, read without Temporal. */
  readonly annotated: DecodedResult;
}

const LOOK_AGAIN_MS = 100;

/** Starts server and worker for the real cluster, on free ports. */
export async function startClusterStack(): Promise<ClusterStack> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    return await startParts({ started, stop });
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function startParts(input: {
  /** What ends each part, in the order in which they were started. */
  readonly started: (() => Promise<unknown>)[];
  readonly stop: () => Promise<void>;
}): Promise<ClusterStack> {
  const { started, stop } = input;
  const cluster = await openRealCluster();
  started.push(() => cluster.release());
  const stateDir = await realpath(await mkdtemp(join(tmpdir(), 'proxybench-cluster-stack-')));
  started.push(() => rm(stateDir, { recursive: true, force: true }));
  const { configDir, dispose } = await createConfigDir(await clusterConfig(cluster));
  started.push(dispose);
  const server = await startTestServer();
  started.push(() => server.stop());
  const directory = cluster.trans?.directory ?? null;
  const env = {
    ...definedEnvironment(),
    ...(directory === null ? {} : { PATH: `${directory}:${process.env['PATH'] ?? ''}` }),
    KUBECONFIG: cluster.kubeconfigFile,
    [CONTROL_SECRET_VARIABLE]: cluster.controlSecret,
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace,
    NO_COLOR: '1',
  };
  const worker = await startPart({
    stateDir,
    env,
    name: 'worker',
    args: ['worker', '--config-dir', configDir, '--state-dir', relative(process.cwd(), stateDir)],
  });
  started.push(() => worker.service.stop());
  const { client } = server.temporal;
  const statusWhere: ClusterStack['statusWhere'] = async ({ handle, is, what }) => {
    for (;;) {
      const status = await handle.query(runStatus);
      if (is(status)) return status;
      if (status.finishedAtMs !== null) {
        throw new Error(`the run ended before ${what}: ${status.verdict?.reason ?? 'without a verdict'}`);
      }
      await pause(LOOK_AGAIN_MS);
    }
  };
  return {
    cluster,
    server,
    client,
    config: await loadConfig({ configDir }),
    configDir,
    worker,
    counters: () => readProxyCounters(cluster),
    startPlan: (plan) =>
      client.workflow.start<typeof benchmarkTarget>('benchmarkTarget', {
        taskQueue: TASK_QUEUE,
        workflowId: runWorkflowId(plan.runId),
        args: [{ plan }],
      }),
    startByName: ({ target, profile, runId }) =>
      client.workflow.start<typeof benchmarkTarget>('benchmarkTarget', {
        taskQueue: TASK_QUEUE,
        workflowId: runWorkflowId(runId),
        args: [{ target, profile, runId }],
      }),
    statusWhere,
    stageIs: ({ handle, stage, state }) =>
      statusWhere({
        handle,
        is: ({ stages }) => stages.some((seen) => seen.name === stage && seen.state === state),
        what: `${stage} was ${state}`,
      }),
    cli: async (args, { timeoutMs = 280_000, onLine } = {}) => {
      const command = [process.execPath, CLI, ...args, '--config-dir', configDir];
      const seen = onLine === undefined ? {} : { onLine };
      const { exit, lines } = await runCommand({ command, env, timeoutMs, keepLines: 50_000, ...seen });
      return { code: exit.code, output: lines.join('\n') };
    },
    leftOf: (runId) => leftOnCluster({ cluster, runId }),
    stop,
  };
}

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly unknown[];
  };
  readonly spec?: { readonly ttlSecondsAfterFinished?: number };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

async function leftOnCluster(input: { readonly cluster: RealCluster; readonly runId: string }): Promise<LeftOnCluster> {
  const { cluster, runId } = input;
  const label = ['-l', `proxybench.dev/run=${runId}`, '-o', 'json'];
  const listing = await cluster.kubectl('-n', cluster.namespace, 'get', 'jobs,pods,configmaps,secrets', ...label);
  const { items } = JSON.parse(listing) as { readonly items: readonly Listed[] };
  const jobs = items.filter(({ kind }) => kind === 'Job');
  return {
    jobs: jobs.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      finished: (status?.conditions ?? []).some(
        (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
      ),
      ttlSeconds: spec?.ttlSecondsAfterFinished ?? null,
    })),
    alivePods: items
      .filter(({ kind, status }) => kind === 'Pod' && !['Succeeded', 'Failed'].includes(status?.phase ?? ''))
      .map(({ metadata }) => metadata.name),
    unowned: items
      .filter(({ kind, metadata }) => kind !== 'Job' && (metadata.ownerReferences ?? []).length === 0)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    annotated: decodeAnnotations(jobs[0]?.metadata.annotations ?? {}),
  };
}
