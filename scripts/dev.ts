// `npm run dev`: a Temporal server with its web UI, and a worker that starts anew when the code changes.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectTemporal } from '../src/temporal/connection.ts';
import { startDevServer } from '../src/temporal/dev-server.ts';
import type { DevServer } from '../src/temporal/dev-server.ts';
import { findTemporal } from '../src/temporal/find-temporal.ts';
import { ensureSearchAttributes } from '../src/temporal/search-attributes.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** The ports that Temporal's own tools expect, so that `temporal workflow list` needs no flags. */
const PORT = 7233;
const UI_PORT = 8233;

const found = await findTemporal({ env: process.env, onProgress: say });
const server = found.kind === 'server' ? null : await start(found.binary);
const settings = found.kind === 'server' ? found.settings : { address: `127.0.0.1:${PORT}`, namespace: 'default' };
try {
  const temporal = await connectTemporal(settings);
  await ensureSearchAttributes({ temporal });
  await temporal.close();
  say(`Temporal at ${settings.address}${server?.uiUrl ? `, web UI at ${server.uiUrl}` : ''}; Ctrl-C ends it all`);
  process.exitCode = await worker();
} finally {
  await server?.stop();
}

function start(binary: string): Promise<DevServer> {
  return startDevServer({
    binary,
    port: PORT,
    uiPort: UI_PORT,
    dbFile: `${ROOT}.proxybench/dev.db`,
    logFile: `${ROOT}.proxybench/dev-server.log`,
    onProgress: say,
  });
}

function worker(): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--watch', '--watch-path=src', 'scripts/cli.ts', 'worker'], {
      cwd: ROOT,
      env: { ...process.env, TEMPORAL_ADDRESS: settings.address, TEMPORAL_NAMESPACE: settings.namespace },
      stdio: 'inherit',
    });
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 0));
  });
}

function say(line: string): void {
  process.stderr.write(`proxybench: ${line}\n`);
}
