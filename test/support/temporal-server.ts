// A Temporal dev server of a test's own, on free ports, with the program's search attributes in place.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTemporal } from '../../src/temporal/connection.ts';
import type { TemporalConnection } from '../../src/temporal/connection.ts';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import { findTemporalCommand } from '../../src/temporal/find-temporal.ts';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.ts';

/** A server and a connection to it. */
export interface TestServer {
  readonly address: string;
  readonly namespace: string;
  readonly temporal: TemporalConnection;
  /** The `temporal` command that it runs. */
  readonly binary: string;
  /** The server's process, for tests that kill it. */
  readonly pid: number;
  /** Ends the server, starts it again on the same ports and state, and waits until it answers. */
  restart(): Promise<void>;
  /** Closes the connection, ends the server and removes its files. */
  stop(): Promise<void>;
}

/** For one test file: call it in `beforeAll` and `stop` in `afterAll`. State survives `restart` in a database file. */
export async function startTestServer(): Promise<TestServer> {
  const { binary } = await findTemporalCommand({
    env: process.env,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-temporal-'));
  const start = (port: number): ReturnType<typeof startDevServer> =>
    startDevServer({
      binary,
      headless: true,
      port,
      logFile: join(directory, 'server.log'),
      dbFile: join(directory, 'state.db'),
    });
  let server = await start(0);
  const { address, namespace } = server;
  const temporal = await connectTemporal({ address, namespace });
  await ensureSearchAttributes({ temporal });
  return {
    address,
    namespace,
    temporal,
    binary,
    get pid() {
      return server.pid;
    },
    restart: async () => {
      await server.stop();
      server = await start(Number(address.split(':').at(-1)));
    },
    stop: async () => {
      await temporal.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
