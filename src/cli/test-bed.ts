// All that a run on this machine needs, started as child processes and ended for certain.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackgroundService, startBackgroundService } from '../processes/background-service.ts';
import { nodeExecutable } from '../processes/node-executable.ts';
import type { ConnectionSettings } from '../temporal/connection-settings.ts';
import { startDevServer } from '../temporal/dev-server.ts';
import { findTemporal } from '../temporal/find-temporal.ts';
import { portIfFree } from './free-port.ts';
import { requireProxyPorts } from './require-proxy-ports.ts';

export interface TestBedRequest {
  readonly configDir: string;
  readonly stateDir: string;
  /** Host target whose proxy is served. */
  readonly target: string;
  readonly taskQueue: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** A Temporal, an egress proxy and a worker that are up. */
export interface TestBed {
  readonly settings: ConnectionSettings;
  /** Null for a Temporal that was there before. */
  readonly uiUrl: string | null;
  /** Ends what was started, the worker first. May be called again. */
  stop(): Promise<void>;
}

const USUAL_PORT = 7233;
const USUAL_UI_PORT = 8233;
const READY_WITHIN_MS = 60_000;
/** A worker drains within its own grace of 2 s. */
const STOP_GRACE_MS = 5_000;

/**
 * Starts them in order. When one fails, those before it are ended.
 * @throws InvalidInputError when the proxy's ports are taken, UnreachableError when no Temporal is to be had,
 *   InfrastructureError when one does not come up
 */
export async function startTestBed(request: TestBedRequest): Promise<TestBed> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    await requireProxyPorts(request);
    await mkdir(request.stateDir, { recursive: true, mode: 0o700 });
    const { settings, uiUrl, stop: stopTemporal } = await provideTemporal(request);
    stops.push(stopTemporal);
    request.signal.throwIfAborted();
    request.onProgress('starting the egress proxy');
    const proxy = await startProxy(request);
    stops.push(() => proxy.stop());
    request.onProgress('starting a worker');
    const worker = await startWorker({ ...request, settings });
    stops.push(() => worker.stop());
    return { settings, uiUrl, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function provideTemporal(request: TestBedRequest): Promise<{
  readonly settings: ConnectionSettings;
  readonly uiUrl: string | null;
  readonly stop: () => Promise<void>;
}> {
  const { env, signal, onProgress, stateDir } = request;
  const found = await findTemporal({ env, signal, onProgress });
  if (found.kind === 'server') return { settings: found.settings, uiUrl: null, stop: async () => undefined };
  const logFile = await emptyLog({ stateDir, name: 'temporal' });
  const server = await startDevServer({
    binary: found.binary,
    logFile,
    port: await portIfFree(USUAL_PORT),
    uiPort: await portIfFree(USUAL_UI_PORT),
    env,
    onProgress,
    signal,
  });
  return {
    settings: { address: server.address, namespace: server.namespace },
    uiUrl: server.uiUrl,
    stop: () => server.stop(),
  };
}

async function startProxy(request: TestBedRequest): Promise<BackgroundService> {
  const { configDir, target } = request;
  return await startOwn({
    request,
    name: 'egress-proxy',
    args: ['serve', 'egress-proxy', '--target', target, '--config-dir', resolve(configDir)],
    readyLine: 'egress proxy ready:',
    env: definedOf(request.env),
  });
}

async function startWorker(
  request: TestBedRequest & { readonly settings: ConnectionSettings },
): Promise<BackgroundService> {
  const { configDir, stateDir, taskQueue, settings, env } = request;
  return await startOwn({
    request,
    name: 'worker',
    args: ['worker', '--task-queue', taskQueue, '--config-dir', resolve(configDir), '--state-dir', resolve(stateDir)],
    readyLine: 'worker ready:',
    env: { ...definedOf(env), TEMPORAL_ADDRESS: settings.address, TEMPORAL_NAMESPACE: settings.namespace },
  });
}

/** One of this program's own commands as a process of its own, ready once it has said so. */
async function startOwn(input: {
  readonly request: TestBedRequest;
  readonly name: string;
  readonly args: readonly string[];
  readonly readyLine: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<BackgroundService> {
  const { request, name, args, readyLine, env } = input;
  const logFile = await emptyLog({ stateDir: request.stateDir, name });
  return await startBackgroundService({
    name: `The ${name}`,
    command: [nodeExecutable(), fileURLToPath(new URL('../../scripts/cli.ts', import.meta.url)), ...args],
    env,
    cwd: process.cwd(),
    logFile,
    isReady: async () => (await readFile(logFile, 'utf8')).includes(readyLine),
    readyWithinMs: READY_WITHIN_MS,
    stopGraceMs: STOP_GRACE_MS,
    signal: request.signal,
  });
}

/** The log of an earlier time would tell that this one is ready. */
async function emptyLog({ stateDir, name }: { readonly stateDir: string; readonly name: string }): Promise<string> {
  const file = join(stateDir, `${name}.log`);
  await rm(file, { force: true });
  return file;
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
