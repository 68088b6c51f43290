// A real Temporal server with a worker whose activities follow a script: for tests of what workflows decide.
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkflowBundle, bundleWorkflowCode } from '@temporalio/worker';
import type { Activities } from '../../src/activities/contract.ts';
import { quietLogger, quietRuntime } from './quiet-temporal.ts';
import { type TestServer, startTestServer } from './temporal-server.ts';

export interface WorkflowHost {
  readonly client: Client;
  readonly server: TestServer;
  /** Runs `use` while a worker with these activities serves a queue of its own. */
  withWorker<T>(activities: Activities, use: (taskQueue: string) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Starts the server and bundles the workflows once. */
export async function startWorkflowHost(): Promise<WorkflowHost> {
  quietRuntime();
  const server = await startTestServer();
  const native = await NativeConnection.connect({ address: server.address });
  const workflowBundle: WorkflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/workflows.ts', import.meta.url)),
    logger: quietLogger,
  });
  let queues = 0;
  return {
    client: server.temporal.client,
    server,
    withWorker: async (activities, use) => {
      const taskQueue = `test-${++queues}`;
      const worker = await Worker.create({
        connection: native,
        namespace: server.namespace,
        taskQueue,
        workflowBundle,
        activities,
        maxHeartbeatThrottleInterval: '200ms',
      });
      return await worker.runUntil(() => use(taskQueue));
    },
    close: async () => {
      await native.close();
      await server.stop();
    },
  };
}
