// Records the histories that the replay test holds every later version to. Add only: a file, once in, is never made anew.
//   node test/replay/record-histories.ts SUFFIX    writes histories/<case>-SUFFIX.json, for cases that are not there yet
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { renderPlan } from '../../src/config/render-plan.ts';
import { emptySeries } from '../../src/evidence/empty-series.ts';
import type { FailureFamily } from '../../src/evidence/verdict.ts';
import type { Stage } from '../../src/plan/plan.ts';
import { planTransfer } from '../../src/profiles/transfer-plan.ts';
import { runCommand } from '../../src/processes/run-command.ts';
import { fleetWorkflowId, runWorkflowId } from '../../src/temporal/names.ts';
import { cancelRun } from '../../src/workflows/messages.ts';
import { freePort } from '../support/free-port.ts';
import { freePortRange } from '../support/free-port-range.ts';
import { GATED_BYTES, type GatedUpstream, startGatedUpstream } from '../support/gated-upstream.ts';
import { SMALL_METADATA_PROFILE } from '../support/metadata-proxy-claims.ts';
import { buildStage } from '../support/plan-builder.ts';
import { type Script, scriptedActivities } from '../support/scripted-activities.ts';
import { type RunHandle, type Stack, TASK_QUEUE, startStack } from '../support/stack.ts';
import { startWorkflowHost } from '../support/workflow-host.ts';
import { definedEnvironment } from '../support/worker-part.ts';

/** An upstream, and two proxies with two ports each. */
const METADATA_PROXY_PORTS = 5;

interface Scene {
  readonly stack: Stack;
  readonly upstream: GatedUpstream;
}

const NPM = { name: 'npm-install', failureFamily: 'npm-download', needsProxyTraffic: true } as const;
const GO = { name: 'go-download', failureFamily: 'go-download', needsProxyTraffic: true } as const;

/** Each makes one run come to its end and tells what its verdict must be. */
const CASES: Readonly<Record<string, (scene: Scene) => Promise<{ handle: RunHandle; family: FailureFamily }>>> = {
  passed: async ({ stack, upstream }) => {
    upstream.open('passed-1');
    upstream.open('passed-2');
    const handle = await start(stack, 'passed', [
      buildStage({ ...NPM, ...stack.downloads(upstream.url('passed-1')) }),
      buildStage({ ...GO, ...stack.downloads(upstream.url('passed-2')) }),
    ]);
    return { handle, family: 'none' };
  },
  'failed-stage': async ({ stack }) => {
    const command = ['sh', '-c', 'echo "npm error 404 fails on purpose" >&2; exit 3'];
    return { handle: await start(stack, 'failed-stage', [buildStage({ ...NPM, command })]), family: 'npm-download' };
  },
  cancelled: async ({ stack, upstream }) => {
    const handle = await start(stack, 'cancelled', [
      buildStage({ ...NPM, ...stack.downloads(upstream.url('cancelled')) }),
    ]);
    await upstream.reached('cancelled');
    await handle.signal(cancelRun, { reason: 'recorded' });
    return { handle, family: 'cancelled' };
  },
  'cancelled-by-temporal': async ({ stack, upstream }) => {
    const stage = buildStage({ ...NPM, ...stack.downloads(upstream.url('temporal')) });
    const handle = await start(stack, 'cancelled-by-temporal', [stage]);
    await upstream.reached('temporal');
    await handle.cancel();
    return { handle, family: 'cancelled' };
  },
  'stage-deadline': async ({ stack, upstream }) => {
    const stage = buildStage({ ...NPM, deadlineMs: 1500, ...stack.downloads(upstream.url('stage-deadline')) });
    return { handle: await start(stack, 'stage-deadline', [stage]), family: 'deadline' };
  },
  'run-deadline': async ({ stack, upstream }) => {
    const stage = buildStage({ ...NPM, ...stack.downloads(upstream.url('run-deadline')) });
    return { handle: await start(stack, 'run-deadline', [stage], 1500), family: 'deadline' };
  },
  'resumed-after-a-kill': async ({ stack, upstream }) => {
    const stage = buildStage({ ...NPM, ...stack.downloads(upstream.url('resumed')) });
    const handle = await start(stack, 'resumed-after-a-kill', [stage]);
    await upstream.reached('resumed');
    await stack.worker.kill();
    await stack.worker.start();
    upstream.open('resumed');
    return { handle, family: 'none' };
  },
  'proxy-bypassed': async ({ stack }) => {
    return { handle: await start(stack, 'proxy-bypassed', [buildStage(NPM)]), family: 'proxy-bypassed' };
  },
  // Makes no Job, and cleans up all the same.
  'proxy-unreachable': async ({ stack }) => {
    const plan = stack.plan({ runId: 'proxy-unreachable', stages: [buildStage(NPM)] });
    const proxy = { ...plan.proxy, controlUrl: `http://127.0.0.1:${await freePort()}` };
    return { handle: await stack.startPlan({ ...plan, proxy }), family: 'infrastructure' };
  },
  // Needs a machine that lets this user set limits, and takes a minute.
  'metadata-proxy': async ({ stack }) => {
    const request = { target: 'local', profile: SMALL_METADATA_PROFILE };
    const plan = renderPlan({ config: stack.config, request, runId: 'metadata-proxy' });
    return { handle: await stack.startPlan(plan), family: 'none' };
  },
};

async function start(stack: Stack, runId: string, stages: readonly Stage[], deadlineMs?: number): Promise<RunHandle> {
  const thresholds = { payloadBytes: GATED_BYTES };
  return await stack.startPlan(
    stack.plan({ runId, jobName: runId, stages, thresholds, ...(deadlineMs === undefined ? {} : { deadlineMs }) }),
  );
}

/** Leaves out what only tells of the machine that recorded: who worked, and where its files lie. */
function withoutMachine(json: string): string {
  return json
    .replaceAll(/"identity": "[^"]*"/g, '"identity": "recorded"')
    .replaceAll(/"workerInstanceKey": "[^"]*"/g, '"workerInstanceKey": "recorded"')
    .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
}

async function save(stack: Pick<Stack, 'temporal'>, workflowId: string, file: URL): Promise<void> {
  const { code, output } = await stack.temporal('workflow', 'show', '--workflow-id', workflowId, '--output', 'json');
  if (code !== 0) throw new Error(output);
  await writeFile(file, `${withoutMachine(output)}\n`);
  const { events } = JSON.parse(output) as { readonly events: readonly unknown[] };
  process.stdout.write(`recorded ${file.pathname.split('/').at(-1)}: ${events.length} events\n`);
}

/** `doctor --transfer` needs a cluster: what its activities say of one is a script, all else is real. */
async function recordProbe(file: URL): Promise<void> {
  if (existsSync(file)) return;
  const plan = planTransfer({
    target: { name: 'far', node: 'far', namespace: 'bench', connection: { reach: 'trans', route: 'far' } },
    proxy: { service: 'egress', url: 'http://egress:7890', noProxy: '', controlUrl: 'http://127.0.0.1:9090' },
    runId: 'probe',
    image: 'docker.io/library/node:22-bookworm',
    resources: { cpuMillicores: 100, memoryMiB: 64, diskMiB: 64 },
  });
  const transitions = [
    { stage: 'transfer', phase: 'started', atMs: 1 },
    { stage: 'transfer', phase: 'finished', atMs: 2 },
    { stage: null, phase: 'finished', atMs: 2 },
  ] as const;
  const pages: Script['pages'] = [[{ transitions, cursor: '1', job: 'succeeded' }]];
  const series = emptySeries({ atMs: 0, intervalMs: 100 });
  const host = await startWorkflowHost();
  try {
    const { activities } = scriptedActivities({ plan, series, pages, failing: {} });
    const workflowId = 'probe';
    await host.withWorker(activities, (taskQueue) =>
      host.client.workflow.execute('probeTarget', { taskQueue, workflowId, args: [{ target: 'far', runId: 'probe' }] }),
    );
    const { binary, address } = host.server;
    const temporal: Stack['temporal'] = async (...args) => {
      const command = [binary, ...args, '--address', address];
      const { exit, lines } = await runCommand({
        command,
        env: definedEnvironment(),
        timeoutMs: 60_000,
        keepLines: 5_000,
      });
      return { code: exit.code, output: lines.join('\n') };
    };
    await save({ temporal }, workflowId, file);
  } finally {
    await host.close();
  }
}

async function record(suffix: string): Promise<void> {
  const place = (name: string): URL => new URL(`histories/${name}-${suffix}.json`, import.meta.url);
  await recordProbe(place('probe'));
  const upstream = await startGatedUpstream();
  const firstPort = await freePortRange({ count: METADATA_PROXY_PORTS });
  const stack = await startStack({
    profiles: [[['profiles', SMALL_METADATA_PROFILE, 'metadataProxy', 'firstPort'], firstPort]],
  });
  try {
    for (const [name, play] of Object.entries(CASES)) {
      if (existsSync(place(name))) continue;
      const { handle, family } = await play({ stack, upstream });
      await handle.result().catch(() => undefined);
      const status = await handle.query<{ verdict: { failureFamily: string } }>('status');
      if (status.verdict.failureFamily !== family) throw new Error(`${name} ended as ${status.verdict.failureFamily}`);
      await save(stack, runWorkflowId(name), place(name));
    }
    if (!existsSync(place('fleet'))) {
      const input = {
        fleetId: 'recorded',
        profile: 'none-such',
        maxParallel: 1,
        runs: [{ target: 'local', runId: 'fleet-local' }],
      };
      await stack.client.workflow.execute('benchmarkFleet', {
        taskQueue: TASK_QUEUE,
        workflowId: fleetWorkflowId('recorded'),
        args: [input],
      });
      await save(stack, fleetWorkflowId('recorded'), place('fleet'));
    }
  } finally {
    await stack.stop();
    await upstream.close();
  }
}

const [suffix] = process.argv.slice(2);
if (suffix === undefined || !/^[a-z0-9.-]+$/.test(suffix)) {
  process.stderr.write(
    'usage: node test/replay/record-histories.ts SUFFIX    (the version that records, such as 0.1.0)\n',
  );
  process.exitCode = 2;
} else {
  await record(suffix);
}
