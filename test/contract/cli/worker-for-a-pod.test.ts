import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackgroundService } from '../../../src/processes/background-service.ts';
import type { BackgroundService } from '../../../src/processes/background-service.ts';
import { runCommand } from '../../../src/processes/run-command.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { type TestServer, startTestServer } from '../../support/temporal-server.ts';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
});

/** A worker as an image starts it: what is to be known stands in its environment. */
async function startWorker(input: {
  readonly bundle: string;
  readonly lifeSign: string;
  readonly directory: string;
}): Promise<BackgroundService> {
  return startBackgroundService({
    name: 'The worker',
    command: [process.execPath, 'scripts/cli.ts', 'worker', '--state-dir', input.directory],
    env: {
      PATH: process.env['PATH'] ?? '',
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: server.namespace,
      PROXYBENCH_TASK_QUEUE: 'for-a-pod',
      PROXYBENCH_WORKFLOW_BUNDLE: input.bundle,
      PROXYBENCH_LIFE_SIGN: input.lifeSign,
    },
    cwd: PROJECT,
    logFile: join(input.directory, 'worker.log'),
    isReady: async () => existsSync(input.lifeSign),
    readyWithinMs: 60_000,
    stopGraceMs: 15_000,
  });
}

test('a worker with a bundle runs workflows from it, and its life sign says from when until when', async () => {
  const directory = temporaryDirectory('worker-for-a-pod');
  const bundle = join(directory, 'workflows.js');
  const lifeSign = join(directory, 'life-sign');
  const bundled = await runCommand({
    command: [process.execPath, 'scripts/bundle-workflows.ts', bundle],
    cwd: PROJECT,
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 60_000,
  });
  expect(bundled.exit.code, bundled.lines.join('\n')).toBe(0);
  expect(statSync(bundle).size).toBeGreaterThan(100_000);

  const worker = await startWorker({ bundle, lifeSign, directory });
  try {
    const run = server.temporal.client.workflow.execute('benchmarkTarget', {
      taskQueue: 'for-a-pod',
      workflowId: 'for-a-pod',
      args: [{ target: 'nowhere', profile: 'host-deps' }],
    });
    await expect(run).rejects.toMatchObject({ cause: { cause: { type: 'InvalidInput' } } });
  } finally {
    await worker.stop();
  }
  expect((await worker.exited).code).toBe(0);
  expect(existsSync(lifeSign)).toBe(false);
});

test('a worker with a file that is no bundle ends instead of polling, and gives no life sign', async () => {
  const directory = temporaryDirectory('worker-for-a-pod');
  const bundle = join(directory, 'workflows.js');
  const lifeSign = join(directory, 'life-sign');
  await expect(startWorker({ bundle, lifeSign, directory })).rejects.toThrow(/ended by itself/);
  writeFileSync(bundle, 'not a bundle');
  await expect(startWorker({ bundle, lifeSign, directory })).rejects.toThrow(/ended by itself/);
  expect(existsSync(lifeSign)).toBe(false);
});
