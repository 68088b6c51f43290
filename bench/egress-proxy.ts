// What measuring costs: bulk through the embedded proxy and through sing-box, in turn, against no proxy at all.
//   npm run bench:egress-proxy -- [ROUNDS]     default: 5
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBackgroundService } from '../src/processes/background-service.ts';
import { createConfigDir } from '../test/support/config-dir.ts';
import { freePort } from '../test/support/free-port.ts';
import { countToEnd, openTunnel } from '../test/support/open-tunnel.ts';
import { provideSingBox, startSingBox } from '../test/support/sing-box.ts';
import { readArguments } from './read-arguments.ts';

const BYTES = 256 * 1024 * 1024;
const AT_ONCE = 4;
const CLI = fileURLToPath(new URL('../scripts/cli.ts', import.meta.url));

/** Sends BYTES to whoever sends something first. */
function send(socket: Socket): void {
  const chunk = Buffer.alloc(256 * 1024);
  let left = BYTES / AT_ONCE;
  const more = (): void => {
    while (left > 0) {
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
    socket.end();
  };
  socket.on('drain', more);
  socket.on('error', () => undefined);
  socket.once('data', more);
}

async function mibPerSecond(open: () => Promise<Socket>): Promise<number> {
  const startedAtMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const socket = await open();
      const counted = countToEnd(socket);
      socket.write('go');
      const bytes = await counted;
      socket.end();
      return bytes;
    }),
  );
  if (counts.reduce((sum, bytes) => sum + bytes, 0) !== BYTES) throw new Error('bytes are missing');
  return BYTES / 1024 / 1024 / ((performance.now() - startedAtMs) / 1000);
}

async function startEmbedded(): Promise<{ readonly proxyUrl: string; close(): Promise<void> }> {
  const [proxyUrl, controlUrl] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const service = ['proxyServices', 'local-egress-proxy'];
  const { configDir, dispose } = await createConfigDir({
    targets: [
      [[...service, 'httpUrl'], proxyUrl],
      [[...service, 'controlUrl'], controlUrl],
    ],
  });
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-bench-'));
  const logFile = join(directory, 'proxy.log');
  const running = await startBackgroundService({
    name: 'egress proxy',
    command: [process.execPath, CLI, 'serve', 'egress-proxy', '--config-dir', configDir],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: process.cwd(),
    logFile,
    isReady: async () => (await readFile(logFile, 'utf8')).includes(' ready:'),
    readyWithinMs: 30_000,
    stopGraceMs: 2000,
  });
  return {
    proxyUrl,
    close: async () => {
      await running.stop();
      await dispose();
      await rm(directory, { recursive: true });
    },
  };
}

const [rounds = 5] = readArguments({ bench: import.meta.url, options: {}, mostNumbers: 1 }).numbers;
const server = createServer(send).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const embedded = await startEmbedded();
const binary = await provideSingBox({ env: process.env, onProgress: (line) => process.stderr.write(`${line}\n`) });
const singBox = await startSingBox({ binary, secret: 'bench' });
const through = (proxyUrl: string) => async (): Promise<Socket> =>
  (await openTunnel({ proxyUrl, authority: `127.0.0.1:${port}` })).socket;
const direct = async (): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
};
try {
  process.stdout.write('round  direct MiB/s  sing-box MiB/s  embedded MiB/s  embedded/sing-box  embedded/direct\n');
  for (let round = 0; round <= rounds; round++) {
    const plain = await mibPerSecond(direct);
    const peer = await mibPerSecond(through(singBox.proxyUrl));
    const own = await mibPerSecond(through(embedded.proxyUrl));
    const columns = [
      (round === 0 ? 'warm' : String(round)).padStart(5),
      plain.toFixed(0).padStart(12),
      peer.toFixed(0).padStart(14),
      own.toFixed(0).padStart(14),
      (own / peer).toFixed(2).padStart(17),
      (own / plain).toFixed(2).padStart(15),
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
} finally {
  await embedded.close();
  await singBox.close();
  server.close();
}
