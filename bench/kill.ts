// What a killed worker costs: host-deps with its real downloads, the worker killed in each stage as it starts.
//   npm run bench:kill
import { createHostCluster } from '../src/cluster/host/host-cluster.ts';
import { runStatus } from '../src/workflows/messages.ts';
import type { ResultDocument } from '../src/evidence/result-document.ts';
import { startStack, TASK_QUEUE } from '../test/support/stack.ts';
import { readArguments } from './read-arguments.ts';

const KILLED_IN = [null, 'npm-install', 'go-download', 'git-mirror'] as const;

readArguments({ bench: import.meta.url, options: {} });

const stack = await startStack();
try {
  process.stdout.write(
    'killed in    verdict  starts in stages  bytes counted / at the proxy  ratio     gap ms  coverage\n',
  );
  for (const killedIn of KILLED_IN) {
    const before = await stack.proxyTotalBytes();
    const runId = `kill-${killedIn ?? 'nothing'}`;
    const handle = await stack.client.workflow.start('benchmarkTarget', {
      taskQueue: TASK_QUEUE,
      workflowId: `bench-${runId}`,
      args: [{ target: 'local', profile: 'host-deps', runId }],
    });
    if (killedIn !== null) {
      await stack.stageIs({ handle, stage: killedIn, state: 'running' }).catch(() => undefined);
      const { stages } = await handle.query(runStatus);
      await stack.worker.kill();
      if (stages.some((stage) => stage.name === killedIn && stage.state === 'passed')) {
        process.stderr.write(`${killedIn} was over before the worker could be killed in it\n`);
      }
      await stack.worker.start();
    }
    const { verdict, evidence, plan } = (await handle.result()) as ResultDocument;
    const cluster = createHostCluster({ stateDir: stack.stateDir });
    const { transitions } = await cluster.nextTransitions({ plan, cursor: null, signal: AbortSignal.timeout(5000) });
    const starts = transitions.filter((transition) => transition.phase === 'started').length;
    const atProxy = (await stack.proxyTotalBytes()) - before;
    const columns = [
      (killedIn ?? 'nowhere').padEnd(11),
      verdict.outcome.padEnd(7),
      `${starts} in ${plan.stages.length}`.padStart(16),
      `${evidence.totalBytes} / ${atProxy}`.padStart(28),
      (evidence.totalBytes / atProxy).toFixed(4),
      String(evidence.largestGapMs).padStart(9),
      `${(evidence.coverage * 100).toFixed(1)} %`.padStart(8),
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
} finally {
  await stack.stop();
}
