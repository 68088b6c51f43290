// How much history a run leaves in Temporal, by how long it lasts: against the bound that it must stay under.
//   npm run bench:history -- [MINUTES…]     default: 1 3
import { buildStage } from '../test/support/plan-builder.ts';
import { startStack } from '../test/support/stack.ts';
import { runWorkflowId } from '../src/temporal/names.ts';
import { readArguments } from './read-arguments.ts';

/** What a run of an hour may leave. */
const EVENT_LIMIT = 150;
const STAGES = ['npm-install', 'go-download', 'git-mirror'] as const;

const minutes = readArguments({ bench: import.meta.url, options: {}, mostNumbers: 10 }).numbers;
const stack = await startStack();
try {
  process.stdout.write('minutes  stages  events  events/limit  history KiB  verdict\n');
  for (const length of minutes.length === 0 ? [1, 3] : minutes) {
    const seconds = String(Math.round((length * 60) / STAGES.length));
    const stages = STAGES.map((name) => buildStage({ name, deadlineMs: 3_600_000, command: ['sleep', seconds] }));
    const plan = stack.plan({
      stages,
      deadlineMs: 7_200_000,
      thresholds: { payloadBytes: 0 },
      sampling: { intervalMs: 250 },
    });
    const { verdict } = await (await stack.startPlan(plan)).result();
    const handle = stack.client.workflow.getHandle(runWorkflowId(plan.runId));
    const { raw } = await handle.describe();
    const events = Number(raw.workflowExecutionInfo?.historyLength ?? 0);
    const kib = Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0) / 1024;
    const columns = [
      String(length).padStart(7),
      String(STAGES.length).padStart(6),
      String(events).padStart(6),
      (events / EVENT_LIMIT).toFixed(2).padStart(12),
      kib.toFixed(0).padStart(11),
      verdict.outcome,
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
} finally {
  await stack.stop();
}
