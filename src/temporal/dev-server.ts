// A Temporal server for this machine alone: quickstart, development and tests run against it.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { startBackgroundService } from '../processes/background-service.ts';
import { reservePort } from '../processes/reserve-port.ts';
import { connectTemporal } from './connection.ts';
import { DEFAULT_NAMESPACE } from './connection-settings.ts';

/** How a dev server is started. */
export interface DevServerRequest {
  /** The `temporal` command. */
  readonly binary: string;
  /** Both outputs are appended here; its folder is made. */
  readonly logFile: string;
  /** SQLite file that keeps its state over restarts; without one the state is in memory. */
  readonly dbFile?: string;
  /** Default 127.0.0.1: it asks nobody for a password. */
  readonly ip?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 0: any free one. */
  readonly uiPort?: number;
  /** Leaves the web UI out. Default false. */
  readonly headless?: boolean;
  /** Made at the start, beside `default`. Default `default`. */
  readonly namespace?: string;
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A running dev server. It is killed when this process ends, however that comes about, without having stopped it. */
export interface DevServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason. */
  readonly exited: Promise<unknown>;
  /** Ends it and waits until it is gone. May be called again. */
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const READY_WITHIN_MS = 60_000;
const STOP_GRACE_MS = 5_000;

/** @throws InfrastructureError with the end of its log, when it does not come up within 60 s */
export async function startDevServer(request: DevServerRequest): Promise<DevServer> {
  const ip = request.ip ?? LOOPBACK;
  const namespace = request.namespace ?? DEFAULT_NAMESPACE;
  const port = await portOrAny({ port: request.port, ip });
  const uiPort = request.headless === true ? null : await portOrAny({ port: request.uiPort, ip });
  const address = `${ip}:${port}`;
  mkdirSync(dirname(request.logFile), { recursive: true });
  request.onProgress?.(`starting a Temporal dev server at ${address}`);
  const service = await startBackgroundService({
    name: `The Temporal dev server at ${address}`,
    command: [
      request.binary,
      ...['server', 'start-dev', '--ip', ip, '--port', String(port), '--namespace', namespace, '--log-level', 'warn'],
      ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...(request.dbFile === undefined ? [] : ['--db-filename', request.dbFile]),
    ],
    env: withoutTemporalSettings(request.env ?? process.env),
    cwd: process.cwd(),
    logFile: request.logFile,
    isReady: () => answers({ address, namespace }),
    readyWithinMs: READY_WITHIN_MS,
    stopGraceMs: STOP_GRACE_MS,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  return {
    address,
    namespace,
    uiUrl: uiPort === null ? null : `http://${ip}:${uiPort}`,
    pid: service.pid,
    logFile: request.logFile,
    exited: service.exited,
    stop: () => service.stop(),
  };
}

async function answers(input: { readonly address: string; readonly namespace: string }): Promise<boolean> {
  const temporal = await connectTemporal({ ...input, withinMs: 1_000 });
  await temporal.close();
  return true;
}

/** TEMPORAL_… variables tell the command to be a client of another server. */
function withoutTemporalSettings(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('TEMPORAL_') ? [] : [[name, value]],
    ),
  );
}

async function portOrAny(input: { readonly port: number | undefined; readonly ip: string }): Promise<number> {
  const { port = 0, ip } = input;
  return port === 0 ? await reservePort({ ip }) : port;
}
