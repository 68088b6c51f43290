// The metadata server that the benchmark's proxies ask, outside of any limit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBackgroundService } from '../../src/processes/background-service.ts';
import { freePort } from '../../test/support/free-port.ts';
import { goBuild } from './go-build.ts';

/** What clients ask for. */
export const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

const SOURCE = fileURLToPath(new URL('./upstream', import.meta.url));

/** An upstream that answers. */
export interface Upstream {
  readonly url: string;
  /** Requests for a token so far, since it was last started. */
  served(): Promise<number>;
  /** Kills it at once, as a node that loses it would see it. */
  kill(): Promise<void>;
  /** Starts it again in the same place. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Builds it where need be and starts it on a free port of loopback. */
export async function startUpstream(): Promise<Upstream> {
  const program = await goBuild({ directory: SOURCE });
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-upstream-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const served = async (): Promise<number> => Number(await (await fetch(`${url}/served`)).text());
  const start = () =>
    startBackgroundService({
      name: 'upstream',
      command: [program, '-listen', `127.0.0.1:${port}`],
      env: {},
      cwd: directory,
      logFile: join(directory, 'log'),
      isReady: async () => (await served()) >= 0,
      readyWithinMs: 10_000,
      stopGraceMs: 500,
    });
  let service = await start();
  return {
    url,
    served,
    kill: async () => {
      process.kill(service.pid, 'SIGKILL');
      await service.exited;
    },
    restart: async () => {
      service = await start();
    },
    stop: async () => {
      await service.stop();
      await rm(directory, { recursive: true });
    },
  };
}
