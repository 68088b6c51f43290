// Starts one server under its limits with its pages warm or cold, loads it with ab, and says what came of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackgroundService } from '../../src/processes/background-service.ts';
import { createCgroup } from '../../test/support/cgroup.ts';
import type { Cgroup, CgroupLimits, CgroupReading } from '../../test/support/cgroup-model.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type AbOutcome, runAb } from './ab.ts';
import { dropFiles, warmFiles } from './page-cache.ts';
import { TOKEN_PATH } from './upstream.ts';

/** A server that is measured. */
export interface Contender {
  readonly name: string;
  /** argv, which may be made out of a file written into `directory`. */
  command(input: {
    readonly port: number;
    readonly metricsPort: number;
    readonly upstreamUrl: string;
    readonly directory: string;
  }): Promise<readonly string[]>;
  readonly env: Readonly<Record<string, string>>;
  /** The program's own files: what is warm or cold. */
  readonly files: readonly string[];
}

export type Pages = 'warm' | 'cold';

/** A server that has answered once. */
export interface RunningContender {
  readonly url: string;
  /** From its first instruction to its first answer. */
  readonly readyMs: number;
  readonly group: Cgroup;
  isAlive(): boolean;
  stop(): Promise<void>;
}

/** What one load did to one server. */
export interface Bout {
  readonly outcome: AbOutcome;
  readonly readyMs: number;
  /** When the load began and when it was over. */
  readonly before: CgroupReading;
  readonly after: CgroupReading;
  /** Whether it still ran at the end. */
  readonly alive: boolean;
}

/** A server that ended, or never answered, before it could be loaded. */
class NotReadyError extends Error {
  readonly reading: CgroupReading;
  readonly spentMs: number;

  constructor(input: { readonly message: string; readonly reading: CgroupReading; readonly spentMs: number }) {
    super(input.message);
    this.name = 'NotReadyError';
    this.reading = input.reading;
    this.spentMs = input.spentMs;
  }
}

/** What to load a server with. */
export interface Load {
  readonly requests: number;
  readonly concurrency: number;
  /** The load ends after so long, whatever it has come to. */
  readonly seconds?: number;
  /** Broken connections are counted, instead of ending the load with the first. Default false. */
  readonly onwards?: boolean;
}

const READY_WITHIN_MS = 180_000;
const ANSWER_WITHIN_MS = 20_000;
const LOAD_WITHIN_MS = 3_600_000;
/** A program started cold is charged for at least so much of itself. */
const LEAST_COLD_BYTES = 1024 * 1024;

/** @throws NotReadyError when it does not answer in time; Error when its pages are not as cold as was asked for */
export async function startContender(input: {
  readonly contender: Contender;
  readonly limits: CgroupLimits;
  readonly pages: Pages;
  readonly upstreamUrl: string;
}): Promise<RunningContender> {
  const { contender, limits, pages, upstreamUrl } = input;
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-bench-'));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const command = await contender.command({ port, metricsPort, upstreamUrl, directory });
  await dropFiles(contender.files);
  if (pages === 'warm') await warmFiles(contender.files);
  const group = createCgroup({ limits });
  const url = `http://127.0.0.1:${port}${TOKEN_PATH}`;
  const startedAtMs = performance.now();
  let lastAnswer = 'none';
  const isReady = async (): Promise<boolean> => {
    lastAnswer = await askForToken(url).catch(causeOf);
    return lastAnswer === '200';
  };
  const clear = async (): Promise<void> => {
    await group.remove();
    await rm(directory, { recursive: true });
  };
  const service = await startBackgroundService({
    name: contender.name,
    command: group.enter(command),
    env: { PATH: process.env['PATH'] ?? '', ...contender.env },
    cwd: directory,
    logFile: join(directory, 'log'),
    isReady,
    readyWithinMs: READY_WITHIN_MS,
    stopGraceMs: 2000,
  }).catch(async (error: unknown) => {
    const reading = group.read();
    const spentMs = performance.now() - startedAtMs;
    await clear();
    throw new NotReadyError({ message: `${causeOf(error)} Last answer: ${lastAnswer}`, reading, spentMs });
  });
  const readyMs = performance.now() - startedAtMs;
  let alive = true;
  void service.exited.then(() => {
    alive = false;
  });
  const stop = async (): Promise<void> => {
    await service.stop();
    await clear();
  };
  const { fileBytes } = group.read();
  if (pages === 'cold' && fileBytes < LEAST_COLD_BYTES) {
    await stop();
    throw new Error(`${contender.name} was started cold and only ${fileBytes} bytes of files are charged to it`);
  }
  return { url, readyMs, group, isAlive: () => alive, stop };
}

/** Starts it, loads it and ends it. One that never answers is a result, too. */
export async function measure(input: Parameters<typeof startContender>[0] & { readonly load: Load }): Promise<Bout> {
  const running = await startContender(input).catch((error: unknown) => {
    if (error instanceof NotReadyError) return error;
    throw error;
  });
  if (running instanceof NotReadyError) {
    const { message, reading, spentMs: readyMs } = running;
    const why = message.replaceAll(/\s+/g, ' ');
    return { outcome: { ended: 'gave-up', why, complete: 0 }, readyMs, before: reading, after: reading, alive: false };
  }
  try {
    return await loadContender({ running, load: input.load });
  } finally {
    await running.stop();
  }
}

/** Loads one that is up. */
export async function loadContender(input: { readonly running: RunningContender; readonly load: Load }): Promise<Bout> {
  const { running, load } = input;
  const before = running.group.read();
  const outcome = await runAb({
    ...load,
    url: running.url,
    headers: ['Metadata-Flavor:Google'],
    timeoutMs: LOAD_WITHIN_MS,
  });
  return { outcome, readyMs: running.readyMs, before, after: running.group.read(), alive: running.isAlive() };
}

/** The status of its answer. */
async function askForToken(url: string): Promise<string> {
  const headers = { 'Metadata-Flavor': 'Google', connection: 'close' };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await answer.arrayBuffer();
  return String(answer.status);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${causeOf(error.cause)}`;
}
