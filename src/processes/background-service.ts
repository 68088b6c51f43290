// Starts a server as a process of its own, waits until it answers, and ends it for certain.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { InfrastructureError } from '../errors/errors.ts';
import { endProcesses } from './end-processes.ts';
import { endWithParent } from './end-with-parent.ts';
import { startProcessGroup } from './process-group.ts';
import type { ProcessExit } from './process-group.ts';

/** What to start and how to know that it is up. */
export interface ServiceRequest {
  /** What it is, for messages: `Temporal dev server`. */
  readonly name: string;
  /** argv. */
  readonly command: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both outputs are appended here. */
  readonly logFile: string;
  /** Whether it answers by now; asked again and again. A rejection counts as no. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take to answer; it is ended when it takes longer. */
  readonly readyWithinMs: number;
  /** Time between SIGTERM and SIGKILL when it is stopped, milliseconds. */
  readonly stopGraceMs: number;
  /** Gives up waiting and ends it. */
  readonly signal?: AbortSignal;
}

/** A server that answers. It is killed when this process ends, however that comes about, without having stopped it. */
export interface BackgroundService {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason. */
  readonly exited: Promise<ProcessExit>;
  /** Ends it and all it started, and waits until they are gone. May be called again. */
  stop(): Promise<void>;
}

const ASK_AGAIN_MS = 100;
const SHOWN_LOG_LINES = 8;

/** @throws InfrastructureError when its place is taken; with the end of its log when it ends or stays silent */
export async function startBackgroundService(request: ServiceRequest): Promise<BackgroundService> {
  // Else the stranger's answer would be taken for the answer of the one that is about to fail.
  if (await request.isReady().catch(() => false)) {
    throw new InfrastructureError(`${request.name} cannot be started: something else answers in its place already`);
  }
  const group = await startProcessGroup({
    command: request.command,
    env: request.env,
    cwd: request.cwd,
    output: { file: request.logFile },
  }).catch((cause: unknown) => {
    throw new InfrastructureError(`${request.name} cannot be started from ${request.command[0] ?? 'nothing'}`, {
      cause,
    });
  });
  const release = endWithParent(group);
  let ended = false;
  void group.exited.then(() => {
    ended = true;
  });
  const stop = async (): Promise<void> => {
    await endProcesses({ leaders: [group.leader], graceMs: request.stopGraceMs });
    release();
  };

  const startedAtMs = performance.now();
  while (!(await request.isReady().catch(() => false))) {
    const why = whyNot({ request, ended, spentMs: performance.now() - startedAtMs });
    if (why !== null) {
      await stop();
      throw new InfrastructureError(`${request.name} ${why}.${endOfLog(request.logFile)}`);
    }
    await Promise.race([pause(ASK_AGAIN_MS), group.exited]);
  }
  // Something else may be answering at its address while it has failed to start.
  if (ended) {
    await stop();
    throw new InfrastructureError(`${request.name} ended by itself.${endOfLog(request.logFile)}`);
  }
  return { pid: group.leader.pid, logFile: request.logFile, exited: group.exited, stop };
}

function whyNot(input: {
  readonly request: ServiceRequest;
  readonly ended: boolean;
  readonly spentMs: number;
}): string | null {
  if (input.ended) return 'ended by itself';
  if (input.request.signal?.aborted === true) return 'was not waited for any longer';
  if (input.spentMs > input.request.readyWithinMs)
    return `did not answer within ${input.request.readyWithinMs / 1000} s`;
  return null;
}

function endOfLog(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-SHOWN_LOG_LINES);
  return lines.join('') === '' ? ` Its log ${file} is empty` : ` The end of its log ${file}:\n  ${lines.join('\n  ')}`;
}
