// The real proxy that the Clash API is checked against: SING_BOX where it names one, else a pinned build of Go's.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackgroundService } from '../../src/processes/background-service.ts';
import { builtBefore, cacheDirectory, type GoProgram, goInstall } from '../../src/processes/go-install.ts';
import { freePort } from './free-port.ts';

const program: GoProgram = {
  name: 'sing-box',
  module: 'github.com/sagernet/sing-box/cmd/sing-box',
  version: 'v1.14.1',
  tags: ['with_clash_api'],
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Its path where it is there already, else null. */
export function findSingBox(env: Environment): string | null {
  return env['SING_BOX'] ?? builtBefore({ program, cacheDir: cacheDirectory(env) });
}

/** Finds or builds it. @throws Error saying in one line why not */
export async function provideSingBox(input: {
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<string> {
  return findSingBox(input.env) ?? (await goInstall({ ...input, program, cacheDir: cacheDirectory(input.env) }));
}

export interface SingBox {
  readonly proxyUrl: string;
  readonly controlUrl: string;
  close(): Promise<void>;
}

/** Starts it on free ports of loopback, its Clash API behind `secret`. */
export async function startSingBox(input: { readonly binary: string; readonly secret: string }): Promise<SingBox> {
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-sing-box-'));
  const [proxyPort, controlPort] = [await freePort(), await freePort()];
  const file = join(directory, 'config.json');
  const config = {
    inbounds: [{ type: 'mixed', tag: 'in', listen: '127.0.0.1', listen_port: proxyPort }],
    outbounds: [{ type: 'direct', tag: 'direct' }],
    experimental: { clash_api: { external_controller: `127.0.0.1:${controlPort}`, secret: input.secret } },
  };
  await writeFile(file, JSON.stringify(config));
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  const service = await startBackgroundService({
    name: 'sing-box',
    command: [input.binary, 'run', '-c', file],
    env: {},
    cwd: directory,
    logFile: join(directory, 'sing-box.log'),
    isReady: async () => (await fetch(controlUrl)).status > 0,
    readyWithinMs: 20_000,
    stopGraceMs: 2000,
  });
  return {
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    controlUrl,
    close: async () => {
      await service.stop();
      await rm(directory, { recursive: true });
    },
  };
}
