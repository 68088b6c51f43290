import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { identifyProcess } from '../../src/processes/process-identity.ts';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { startTestServer } from '../support/temporal-server.ts';
import type { TestServer } from '../support/temporal-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(async () => {
  await server.stop();
});

test('the search attributes are registered once, and their values find a workflow', async () => {
  expect(await ensureSearchAttributes({ temporal: server.temporal })).toEqual({ added: [] });
  const { count } = await server.temporal.client.workflow.count(
    "ProxybenchTarget = 'local' AND ProxybenchFailureFamily = 'none'",
  );
  expect(count).toBe(0);
});

test('two programs may register the search attributes at the same time', async () => {
  const namespace = 'side-by-side';
  await promisify(execFile)(server.binary, [
    'operator',
    'namespace',
    'create',
    '--address',
    server.address,
    '--namespace',
    namespace,
  ]);
  const open = await Promise.all([1, 2].map(() => connectOnceReady({ address: server.address, namespace })));
  await Promise.all(open.map((temporal) => ensureSearchAttributes({ temporal })));
  expect(
    (await Promise.all(open.map((temporal) => ensureSearchAttributes({ temporal })))).map(({ added }) => added),
  ).toEqual([[], []]);
  await Promise.all(open.map((temporal) => temporal.close()));
});

test('a restart with its database file keeps what was registered, and the connection finds it again', async () => {
  const before = server.pid;
  await server.restart();
  expect(identifyProcess(before)).toBeNull();
  expect(server.pid).not.toBe(before);
  expect(await ensureSearchAttributes({ temporal: server.temporal })).toEqual({ added: [] });
});

test('a namespace that is not there is told as such', async () => {
  await expect(connectTemporal({ address: server.address, namespace: 'nobody' })).rejects.toMatchObject({
    name: 'UnreachableError',
    message: `Temporal at ${server.address} has no namespace nobody`,
  });
});

test('a connection works under bun', async () => {
  const connection = new URL('../../src/temporal/connection.ts', import.meta.url).href;
  const script = `
    const { connectTemporal } = await import(${JSON.stringify(connection)});
    const temporal = await connectTemporal({ address: ${JSON.stringify(server.address)}, namespace: 'default' });
    console.log('bun' in process.versions, (await temporal.client.workflow.count()).count);
    await temporal.close();`;
  const bun = fileURLToPath(new URL('../../node_modules/.bin/bun', import.meta.url));
  const { stdout } = await promisify(execFile)(bun, ['-e', script], { timeout: 60_000 });
  expect(stdout).toBe('true 0\n');
});

test('a stopped server leaves no process', async () => {
  const other = await startTestServer();
  expect(identifyProcess(other.pid)?.pid).toBe(other.pid);
  await other.stop();
  expect(identifyProcess(other.pid)).toBeNull();
});

/** A new namespace takes a moment to be known everywhere in the server. */
async function connectOnceReady(input: {
  readonly address: string;
  readonly namespace: string;
}): ReturnType<typeof connectTemporal> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connectTemporal(input);
    } catch (thrown) {
      if (attempt === 100) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
