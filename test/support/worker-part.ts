// A part of a stack that is a process of its own: a test may kill it as a power cut would, and start it again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackgroundService, startBackgroundService } from '../../src/processes/background-service.ts';

export const CLI = fileURLToPath(new URL('../../scripts/cli.ts', import.meta.url));

/** A process that can be killed as a power cut would, and started again. */
export interface Part {
  readonly service: BackgroundService;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Starts `proxybench ARGS` and resolves when it says that it is ready. Each life has a log file of its own. */
export async function startPart(input: {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly name: string;
  readonly args: readonly string[];
}): Promise<Part> {
  const { stateDir, env, name, args } = input;
  let life = 0;
  const start = (): Promise<BackgroundService> => {
    const logFile = join(stateDir, `${name}-${++life}.log`);
    return startBackgroundService({
      name,
      command: [process.execPath, CLI, ...args],
      env,
      cwd: process.cwd(),
      logFile,
      isReady: async () => (await readFile(logFile, 'utf8')).includes(' ready:'),
      readyWithinMs: 60_000,
      stopGraceMs: 5000,
    });
  };
  let service = await start();
  return {
    get service() {
      return service;
    },
    kill: async () => {
      process.kill(service.pid, 'SIGKILL');
      await service.exited;
    },
    start: async () => {
      service = await start();
    },
  };
}

/** This process's own environment, without what is not set. */
export function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
