import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { runStatus } from '../../src/workflows/messages.ts';
import { type Stack, TASK_QUEUE, startStack } from '../support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => {
  await stack.stop();
});

/** Starts a run as CI would: by name, with the plain `temporal` command. */
async function start(workflowId: string, input: object): Promise<void> {
  const { code, output } = await stack.temporal(
    ...['workflow', 'start', '--type', 'benchmarkTarget', '--task-queue', TASK_QUEUE],
    ...['--workflow-id', workflowId, '--input', JSON.stringify(input)],
  );
  expect(code, output).toBe(0);
}

describe('a run started by name with the plain temporal command', () => {
  it('proves npm, go and git-mirror through the proxy, and can be described, shown and queried', async () => {
    const before = await stack.proxyTotalBytes();
    await start('shell-passed', { target: 'local', profile: 'host-deps', runId: 'shell-passed' });
    const result = (await stack.client.workflow.getHandle('shell-passed').result()) as ResultDocument;

    expect(result.verdict).toMatchObject({ outcome: 'passed', failureFamily: 'none' });
    expect(result.evidence.stages.map((stage) => stage.stage)).toEqual(['npm-install', 'go-download', 'git-mirror']);
    for (const stage of result.evidence.stages) expect(stage.attributedBytes, stage.stage).toBeGreaterThan(10_000);
    expect(result.evidence.totalBytes).toBe((await stack.proxyTotalBytes()) - before);
    expect(result.evidence.attributedShare).toBeGreaterThanOrEqual(0.99);
    expect(result.plan).toMatchObject({ profile: 'host-deps', target: { name: 'local' } });

    const described = await stack.temporal('workflow', 'describe', '--workflow-id', 'shell-passed');
    expect(described.output).toMatch(/ProxybenchState.*passed/s);
    const shown = await stack.temporal('workflow', 'show', '--workflow-id', 'shell-passed');
    expect(shown.output).toContain('WorkflowExecutionCompleted');
    const queried = await stack.temporal('workflow', 'query', '--workflow-id', 'shell-passed', '--type', 'status');
    expect(queried.output).toContain('"state":"passed"');
    const { events } = await stack.client.workflow.getHandle('shell-passed').fetchHistory();
    expect(events?.length).toBeLessThan(150);
  });

  it('is ended by the signal cancelRun: no process of it is left, and its status says cancelled', async () => {
    await start('shell-cancelled', { target: 'local', profile: 'host-deps', runId: 'shell-cancelled' });
    const handle = stack.client.workflow.getHandle('shell-cancelled');
    await stack.stageIs({ handle, stage: 'npm-install', state: 'running' });
    const { code, output } = await stack.temporal(
      ...['workflow', 'signal', '--workflow-id', 'shell-cancelled'],
      ...['--name', 'cancelRun', '--input', '{"reason":"from a shell"}'],
    );
    expect(code, output).toBe(0);
    const result = (await handle.result()) as ResultDocument;
    expect(result.verdict).toMatchObject({ outcome: 'cancelled', failureFamily: 'cancelled' });
    expect(result.verdict.reason).toContain('from a shell');
    expect(stack.processesOf('shell-cancelled')).toEqual([]);
    expect((await handle.query(runStatus)).state).toBe('cancelled');
  });

  it('fails at once, with the hint, when there is no such target', async () => {
    await start('shell-typo', { target: 'locl', profile: 'host-deps' });
    await expect(stack.client.workflow.getHandle('shell-typo').result()).rejects.toMatchObject({
      cause: { cause: { type: 'InvalidInput', message: expect.stringMatching(/locl.*local/s) as string } },
    });
  });
});
