// How long a cancelled run takes to be gone: from the signal to no process left, and to the status saying so.
//   npm run bench:cancel -- [RUNS]     default: 5
import { cancelRun, runStatus } from '../src/workflows/messages.ts';
import { startGatedUpstream } from '../test/support/gated-upstream.ts';
import { buildStage } from '../test/support/plan-builder.ts';
import { startStack } from '../test/support/stack.ts';
import { readArguments } from './read-arguments.ts';

/** How long it may take. */
const LIMIT_MS = 5000;

const [runs = 5] = readArguments({ bench: import.meta.url, options: {}, mostNumbers: 1 }).numbers;
const upstream = await startGatedUpstream();
const stack = await startStack();
try {
  process.stdout.write('run  processes before  gone after ms  of limit  cancelled after ms  of limit  bytes kept\n');
  for (let run = 1; run <= runs; run++) {
    const name = `cancel-${run}`;
    const stage = buildStage({ name: 'npm-install', needsProxyTraffic: true, ...stack.downloads(upstream.url(name)) });
    const plan = stack.plan({ stages: [stage] });
    const handle = await stack.startPlan(plan);
    await upstream.reached(name);
    const before = stack.processesOf(plan.runId).length;
    const startedAtMs = performance.now();
    await handle.signal(cancelRun, { reason: 'bench' });
    while (stack.processesOf(plan.runId).length > 0);
    const goneMs = performance.now() - startedAtMs;
    while ((await handle.query(runStatus)).state !== 'cancelled');
    const cancelledMs = performance.now() - startedAtMs;
    const { evidence } = await handle.result();
    const columns = [
      String(run).padStart(3),
      String(before).padStart(16),
      goneMs.toFixed(0).padStart(13),
      (goneMs / LIMIT_MS).toFixed(2).padStart(8),
      cancelledMs.toFixed(0).padStart(18),
      (cancelledMs / LIMIT_MS).toFixed(2).padStart(8),
      String(evidence.totalBytes).padStart(10),
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
} finally {
  await stack.stop();
  await upstream.close();
}
