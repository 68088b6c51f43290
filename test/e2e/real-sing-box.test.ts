import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { findSingBox, type SingBox, startSingBox } from '../support/sing-box.ts';
import { type Stack, startStack, TASK_QUEUE } from '../support/stack.ts';

const SECRET = 'never-to-be-seen-in-a-history';
const binary = findSingBox(process.env);

const title = binary === null ? ' (left out: there is no sing-box, and no Go to build it with)' : '';

describe.skipIf(binary === null)(`host-deps through a real sing-box${title}`, () => {
  let singBox: SingBox;
  let stack: Stack;
  beforeAll(async () => {
    singBox = await startSingBox({ binary: binary ?? '', secret: SECRET });
    stack = await startStack({}, { ...singBox, secret: SECRET });
  });
  afterAll(async () => {
    await stack.stop();
    await singBox.close();
  });

  // A connection that opens and closes between two readings is never listed: sing-box forgets it at once. Git's, over
  // loopback, are as short as that; npm's and Go's are not.
  it("passes with the proxy's own total, the bulk of it attributed, and its secret in no history", async () => {
    const before = await stack.proxyTotalBytes();
    const handle = await stack.client.workflow.start('benchmarkTarget', {
      taskQueue: TASK_QUEUE,
      workflowId: 'through-sing-box',
      args: [{ target: 'local', profile: 'host-deps', runId: 'through-sing-box' }],
    });
    const { verdict, evidence } = (await handle.result()) as ResultDocument;
    expect(verdict).toMatchObject({ outcome: 'passed', failureFamily: 'none' });
    expect(evidence.totalBytes).toBe((await stack.proxyTotalBytes()) - before);
    const [npm, go, git] = evidence.stages;
    for (const stage of [npm, go]) {
      expect(stage?.attributedBytes, stage?.stage).toBeGreaterThan(0.99 * (stage?.windowBytes ?? Infinity));
    }
    expect(git?.windowBytes).toBeGreaterThan(10_000);
    const shown = await stack.temporal('workflow', 'show', '--workflow-id', 'through-sing-box', '--output', 'json');
    const payloads = [...shown.output.matchAll(/"data": "([^"]*)"/g)].map(([, data]) =>
      Buffer.from(data ?? '', 'base64').toString(),
    );
    expect(payloads.join('\n')).toContain('PROXYBENCH_TEST_CONTROL_SECRET');
    expect(payloads.join('\n') + shown.output).not.toContain(SECRET);
  });
});
