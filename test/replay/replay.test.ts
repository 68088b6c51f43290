import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker, bundleWorkflowCode } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { quietLogger, quietRuntime } from '../support/quiet-temporal.ts';

const HISTORIES = new URL('histories/', import.meta.url);
const files = (await readdir(HISTORIES)).filter((file) => file.endsWith('.json')).toSorted();

let workflowBundle: { code: string };
beforeAll(async () => {
  quietRuntime();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/workflows.ts', import.meta.url)),
    logger: quietLogger,
  });
});

describe('the workflows of this version', () => {
  it('are held to every ending that a run can have, with companions and without, and to a probe', () => {
    const cases = [
      'passed',
      'failed-stage',
      'cancelled',
      'stage-deadline',
      'run-deadline',
      'resumed-after-a-kill',
      'fleet',
      'proxy-unreachable',
      'metadata-proxy',
      'probe',
    ];
    for (const name of cases)
      expect(
        files.some((file) => file.startsWith(`${name}-`)),
        name,
      ).toBe(true);
  });

  for (const file of files) {
    it(`replay ${file} without deciding anything differently`, async () => {
      const history: unknown = JSON.parse(await readFile(new URL(file, HISTORIES), 'utf8'));
      await expect(Worker.runReplayHistory({ workflowBundle }, history)).resolves.toBeUndefined();
    });
  }
});
