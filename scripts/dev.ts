// `npm run dev`: a Temporal server with its web UI, and a worker that starts anew when the code changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InfrastructureError, UnreachableError } from '../src/errors/errors.ts';
import { connectTemporal } from '../src/temporal/connection.ts';
import { startDevServer } from '../src/temporal/dev-server.ts';
import type { DevServer } from '../src/temporal/dev-server.ts';
import { findTemporal } from '../src/temporal/find-temporal.ts';
import { ensureSearchAttributes } from '../src/temporal/search-attributes.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** The ports that Temporal's own tools expect, so that `temporal workflow list` needs no flags. */
const PORT = 7233;
const UI_PORT = 8233;
const SETTLED_AFTER_MS = 300;

try {
  await develop();
} catch (thrown) {
  if (!(thrown instanceof UnreachableError || thrown instanceof InfrastructureError)) throw thrown;
  say(thrown.message);
  say(thrown instanceof UnreachableError ? thrown.hint : 'To use a server that runs already, set TEMPORAL_ADDRESS');
  process.exitCode = 1;
}

async function develop(): Promise<void> {
  const found = await findTemporal({ env: process.env, onProgress: say });
  const server = found.kind === 'server' ? null : await start(found.binary);
  const settings = found.kind === 'server' ? found.settings : { address: `127.0.0.1:${PORT}`, namespace: 'default' };
  try {
    const temporal = await connectTemporal(settings);
    await ensureSearchAttributes({ temporal });
    await temporal.close();
    const ui = server === null ? '' : `, web UI at ${server.uiUrl}`;
    say(`Temporal at ${settings.address}${ui}; Ctrl-C ends it all`);
    await runWorker({ TEMPORAL_ADDRESS: settings.address, TEMPORAL_NAMESPACE: settings.namespace });
  } finally {
    await server?.stop();
  }
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

/**
 * Runs the worker until this program is told to end, and anew after each change. Not by `node --watch`: that makes worker
 * threads send messages of its own, which Temporal's worker takes for its own kind and dies of.
 */
async function runWorker(env: Readonly<Record<string, string>>): Promise<void> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
  while (!end.signal.aborted) {
    const child = spawn(process.execPath, ['scripts/cli.ts', 'worker'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: 'inherit',
      // Out of reach of the terminal's Ctrl-C, so that it is told to end once and by this program.
      detached: true,
    });
    const exited = once(child, 'exit');
    const changed = nextChange({ signal: end.signal });
    const first = await Promise.race([changed, exited.then(() => 'ended' as const)]);
    if (first === 'ended' && !end.signal.aborted) say('the worker has ended; it starts again with the next change');
    say((await changed) ?? 'stopping the worker');
    child.kill('SIGTERM');
    await exited;
  }
}

/** Which file has changed, once the changes that come together are over; null when `signal` aborts. */
async function nextChange({ signal }: { readonly signal: AbortSignal }): Promise<string | null> {
  try {
    for await (const { filename } of watch(`${ROOT}src`, { recursive: true, signal })) {
      await pause(SETTLED_AFTER_MS, undefined, { signal });
      return `${filename ?? 'a file'} has changed`;
    }
    return null;
  } catch (thrown) {
    if (signal.aborted) return null;
    throw thrown;
  }
}

function say(line: string): void {
  process.stderr.write(`proxybench: ${line}\n`);
}
