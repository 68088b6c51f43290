// The one composition root: builds clients from configuration, makes activities of them, runs the worker.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities/create-activities.ts';
import { createClusters } from './cluster/open-cluster.ts';
import { loadConfig } from './config/load-config.ts';
import { readSecret } from './config/read-secret.ts';
import { UnreachableError, messageOf } from './errors/errors.ts';
import { createClashClient } from './sampling/clash-client.ts';
import type { ConnectionSettings } from './temporal/connection-settings.ts';
import { logLine } from './temporal/worker-log.ts';

/** How a worker is run. */
export interface WorkerOptions extends ConnectionSettings {
  readonly taskQueue: string;
  /** Folder with the configuration; read anew for each run. */
  readonly configDir: string;
  /** Where run directories and sample journals are kept on this machine. */
  readonly stateDir: string;
  /** Workflows as scripts/bundle-workflows.ts wrote them. Default: they are bundled at the start, which takes seconds. */
  readonly workflowBundleFile?: string;
  /** Drains the worker when it aborts. */
  readonly signal: AbortSignal;
  /** Called once the worker is polling. */
  readonly onReady: () => void;
  /** Takes each line of the worker's log. */
  readonly onLog: (line: string) => void;
}

/** What the sandbox runs; also what an image bundles when it is made. */
export const WORKFLOWS_PATH = fileURLToPath(new URL('./workflows/workflows.ts', import.meta.url));

/**
 * How long running activities may go on after a stop was asked for. They only wait and sample, and another worker
 * goes on where they were, so it is short.
 */
const SHUTDOWN_GRACE = '2s';

/** Longest wait between two heartbeats on the wire: it bounds how long a cancel takes to arrive. */
const HEARTBEAT_THROTTLE = '1s';

/**
 * Serves workflows and activities until `signal` aborts and everything has drained.
 * @throws UnreachableError when Temporal does not answer
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const {
    address,
    namespace,
    tls,
    apiKey,
    taskQueue,
    configDir,
    stateDir,
    workflowBundleFile,
    signal,
    onReady,
    onLog,
  } = options;
  // Of the SDK's own log only what somebody must act on: bundling and state changes say nothing to an operator.
  Runtime.install({ logger: new DefaultLogger('WARN', (entry) => onLog(logLine(entry))) });
  const connection = await NativeConnection.connect({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  }).catch((thrown: unknown) => {
    throw new UnreachableError(
      `Temporal does not answer at ${address}: ${messageOf(thrown)}`,
      'Start one (`proxybench quickstart`, or docker compose), or point TEMPORAL_ADDRESS at yours',
    );
  });
  const clusters = createClusters({ stateDir });
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      ...(workflowBundleFile === undefined
        ? { workflowsPath: WORKFLOWS_PATH }
        : { workflowBundle: { codePath: workflowBundleFile } }),
      activities: createActivities({
        loadConfig: () => loadConfig({ configDir }),
        openCluster: clusters.open,
        createControlClient: createClashClient,
        readSecret,
        stateDir: join(stateDir, 'samples'),
      }),
      shutdownGraceTime: SHUTDOWN_GRACE,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    });
    await worker.runUntil(
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        onReady();
      }),
    );
  } finally {
    await clusters.close();
    await connection.close();
  }
}
