// Everything a run on this machine goes through, each part a process of its own that a test may kill and start again.
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Plan, Stage } from '../../src/plan/plan.ts';
import { markerOfRun } from '../../src/processes/run-marker.ts';
import { endProcesses, findMarkedProcesses } from '../../src/processes/end-processes.ts';
import { runCommand } from '../../src/processes/run-command.ts';
import { createClashClient } from '../../src/sampling/clash-client.ts';
import { runWorkflowId } from '../../src/temporal/names.ts';
import type { benchmarkTarget } from '../../src/workflows/benchmark-target.ts';
import { runStatus } from '../../src/workflows/messages.ts';
import { type ConfigChanges, createConfigDir } from './config-dir.ts';
import { freePort } from './free-port.ts';
import { buildPlan } from './plan-builder.ts';
import { type TestServer, startTestServer } from './temporal-server.ts';
import { CLI, type Part, definedEnvironment, startPart } from './worker-part.ts';

export const TASK_QUEUE = 'proxybench';
const STAGE_DOWNLOAD = new URL('../fixtures/stage-download.mjs', import.meta.url);

export type RunHandle = WorkflowHandle<typeof benchmarkTarget>;

export interface Stack {
  readonly server: TestServer;
  readonly client: Client;
  readonly config: Config;
  readonly configDir: string;
  readonly stateDir: string;
  readonly worker: Part;
  readonly proxy: Part;
  /** The embedded proxy's own totals since it started, both directions together. */
  proxyTotalBytes(): Promise<number>;
  /** A plan on this machine through the proxy; its stages get the proxy variables. */
  plan(overrides: Partial<Plan> & { readonly stages: readonly Stage[] }): Plan;
  /** What a stage needs to download these URLs through its proxy variables. */
  downloads(...urls: readonly string[]): Pick<Stage, 'command' | 'files'>;
  startPlan(plan: Plan): Promise<RunHandle>;
  /** Resolves when the stage is in that state. */
  stageIs(input: { readonly handle: RunHandle; readonly stage: string; readonly state: string }): Promise<void>;
  /** Processes of the run that are alive. */
  processesOf(runId: string): readonly number[];
  /** Runs the command line and tells what it said. */
  cli(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Runs the `temporal` command against the server. */
  temporal(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  stop(): Promise<void>;
}

/** A proxy that somebody else runs, with its control API behind a secret. */
export interface OutsideProxy {
  readonly proxyUrl: string;
  readonly controlUrl: string;
  readonly secret: string;
}

const SECRET_VARIABLE = 'PROXYBENCH_TEST_CONTROL_SECRET';

/** Starts server, worker and, unless there is one outside, the proxy, on free ports; the shipped configuration with `changes`. */
export async function startStack(changes: ConfigChanges = {}, outside?: OutsideProxy): Promise<Stack> {
  const stageDownload = await readFile(STAGE_DOWNLOAD, 'utf8');
  const stateDir = await realpath(await mkdtemp(join(tmpdir(), 'proxybench-stack-')));
  const proxyUrl = outside?.proxyUrl ?? `http://127.0.0.1:${await freePort()}`;
  const controlUrl = outside?.controlUrl ?? `http://127.0.0.1:${await freePort()}`;
  const service = ['proxyServices', 'local-egress-proxy'];
  const targets = [
    [[...service, 'httpUrl'], proxyUrl],
    [[...service, 'controlUrl'], controlUrl],
    ...(outside === undefined ? [] : [[[...service, 'controlSecret'], { env: SECRET_VARIABLE }] as const]),
  ] as const;
  const { configDir, dispose } = await createConfigDir({ ...changes, targets });
  const server = await startTestServer();
  const env = {
    ...definedEnvironment(),
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace,
    NO_COLOR: '1',
    ...(outside === undefined ? {} : { [SECRET_VARIABLE]: outside.secret }),
  };
  const serve = ['serve', 'egress-proxy', '--config-dir', configDir];
  const proxy =
    outside === undefined ? await startPart({ stateDir, env, name: 'egress-proxy', args: serve }) : undefined;
  const worker = await startPart({
    stateDir,
    env,
    name: 'worker',
    args: ['worker', '--config-dir', configDir, '--state-dir', relative(process.cwd(), stateDir)],
  });
  const control = createClashClient({ url: controlUrl, ...(outside === undefined ? {} : { secret: outside.secret }) });
  const runIds = new Set<string>();
  const command = async (...argv: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const { exit, lines } = await runCommand({ command: argv, env, timeoutMs: 280_000, keepLines: 5000 });
    return { code: exit.code, output: lines.join('\n') };
  };
  return {
    server,
    client: server.temporal.client,
    config: await loadConfig({ configDir }),
    configDir,
    stateDir,
    worker,
    get proxy() {
      if (proxy === undefined) throw new Error("the proxy is not the stack's own");
      return proxy;
    },
    proxyTotalBytes: async () => {
      const { uploadTotalBytes, downloadTotalBytes } = await control.read({ signal: AbortSignal.timeout(5000) });
      return uploadTotalBytes + downloadTotalBytes;
    },
    plan: ({ stages, ...overrides }) => {
      const base = buildPlan({});
      const built = buildPlan({
        kind: 'k3s-real-deps',
        proxy: { service: 'local-egress-proxy', url: proxyUrl, noProxy: '', controlUrl },
        sampling: { intervalMs: 100 },
        cleanUp: { ...base.cleanUp, stopGraceMs: 1000 },
        ...overrides,
        stages: stages.map((stage) => ({ ...stage, env: [{ name: 'http_proxy', value: proxyUrl }, ...stage.env] })),
      });
      runIds.add(built.runId);
      return built;
    },
    downloads: (...urls) => ({ command: ['node', 'download.mjs', ...urls], files: { 'download.mjs': stageDownload } }),
    startPlan: (plan) =>
      server.temporal.client.workflow.start<typeof benchmarkTarget>('benchmarkTarget', {
        taskQueue: TASK_QUEUE,
        workflowId: runWorkflowId(plan.runId),
        args: [{ plan }],
      }),
    stageIs: async ({ handle, stage, state }) => {
      for (;;) {
        const status = await handle.query(runStatus);
        if (status.stages.some((seen) => seen.name === stage && seen.state === state)) return;
        if (status.finishedAtMs !== null) throw new Error(`the run ended before ${stage} was ${state}`);
      }
    },
    processesOf: (runId) => findMarkedProcesses(markerOfRun(runId)).map(({ pid }) => pid),
    cli: (...args) => command(process.execPath, CLI, ...args),
    temporal: (...args) => command(server.binary, ...args, '--address', server.address),
    stop: async () => {
      await worker.service.stop();
      await proxy?.service.stop();
      for (const runId of runIds) await endProcesses({ marker: markerOfRun(runId), graceMs: 0 });
      await server.stop();
      await dispose();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
