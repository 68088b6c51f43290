import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { NodeFacts } from '../../src/cluster/kubeconfig/await-transitions.ts';
import { KubeClient } from '../../src/cluster/kubeconfig/kube-client.ts';
import { ResourceWatch } from '../../src/cluster/kubeconfig/resource-watch.ts';
import { WatchHub } from '../../src/cluster/kubeconfig/watch-hub.ts';
import type { KubePod } from '../../src/cluster/kubernetes/kube-objects.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const WITHIN = { timeout: 20_000, interval: 10 };

afterEach(() => vi.unstubAllEnvs());

/** An API server of one list: what no real one can be made to answer in a test, such as a version that is gone. */
class ScriptedServer {
  readonly listed: string[] = [];
  readonly watchedFrom: string[] = [];
  names: readonly string[] = [];
  version = 1;
  refuse: {
    readonly code: number;
    readonly message?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } | null = null;
  /** Ends of paths that are never answered, and those that are answered with 500. */
  silent: string | null = null;
  broken: string | null = null;
  readonly watchedAtMs: number[] = [];
  endsWatches = false;
  #watching: ServerResponse | null = null;

  readonly server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://server');
    if (this.silent !== null && url.pathname.endsWith(this.silent)) return;
    if (this.broken !== null && url.pathname.endsWith(this.broken)) {
      response.writeHead(500).end(JSON.stringify({ kind: 'Status', code: 500, message: 'broken' }));
      return;
    }
    if (this.refuse !== null) {
      const { code, message = `refused with ${code}`, headers } = this.refuse;
      this.refuse = null;
      response.writeHead(code, headers).end(JSON.stringify({ kind: 'Status', code, message }));
      return;
    }
    if (url.searchParams.get('watch') === 'true') {
      this.watchedFrom.push(url.searchParams.get('resourceVersion') ?? '');
      this.watchedAtMs.push(performance.now());
      this.#watching = response;
      response.writeHead(200).flushHeaders();
      if (this.endsWatches) response.end();
      return;
    }
    this.listed.push(this.names.join(','));
    const items = this.names.map((name) => ({ metadata: { name, uid: name } }));
    response.end(JSON.stringify({ metadata: { resourceVersion: String(this.version) }, items }));
  });

  tell(event: unknown): void {
    this.#watching?.write(`${JSON.stringify(event)}\n`);
  }

  endWatch(): void {
    this.#watching?.end();
  }
}

async function watchScripted(names: readonly string[]) {
  const scripted = new ScriptedServer();
  scripted.names = names;
  await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
  const { port } = scripted.server.address() as AddressInfo;
  const file = join(temporaryDirectory('scripted-api'), 'kubeconfig');
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  await writeFile(
    file,
    JSON.stringify({
      clusters: [{ name: 'one', cluster }],
      users: [{ name: 'one', user: { token: 'none' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    }),
  );
  vi.stubEnv('KUBECONFIG', file);
  const client = new KubeClient({ context: 'one' });
  const open = (): ResourceWatch<KubePod> =>
    new ResourceWatch({ client, path: '/api/v1/pods', query: {}, what: 'watch Pods', onChange: () => undefined });
  const watch = open();
  onTestFinished(async () => {
    await watch.close();
    await client.close();
    scripted.server.closeAllConnections();
    scripted.server.close();
  });
  await vi.waitFor(() => expect(scripted.watchedFrom).toHaveLength(1), WITHIN);
  return { scripted, watch, client, known: () => watch.objects()?.map(({ metadata }) => metadata?.name) };
}

const pod = (name: string, resourceVersion: string) => ({ metadata: { name, uid: name, resourceVersion } });

test('a watch that its server ends goes on from the last version it was told, without listing again', async () => {
  const { scripted, known } = await watchScripted(['a']);
  scripted.tell({ type: 'ADDED', object: pod('b', '7') });
  scripted.tell({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '12' } } });
  await vi.waitFor(() => expect(known()).toEqual(['a', 'b']), WITHIN);
  scripted.endWatch();
  await vi.waitFor(() => expect(scripted.watchedFrom).toEqual(['1', '12']), WITHIN);
  expect(scripted.listed).toEqual(['a']);
});

test('a version that is gone, told within the watch, makes it list anew', async () => {
  const { scripted, known } = await watchScripted(['a']);
  Object.assign(scripted, { names: ['c'], version: 90 });
  scripted.tell({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  await vi.waitFor(() => expect(scripted.watchedFrom).toEqual(['1', '90']), WITHIN);
  expect(known()).toEqual(['c']);
});

test('a version that is gone, told before the watch, makes it list anew', async () => {
  const { scripted, known, watch } = await watchScripted(['a']);
  Object.assign(scripted, { names: ['c'], version: 90, refuse: { code: 410 } });
  scripted.endWatch();
  await vi.waitFor(() => expect(scripted.watchedFrom).toEqual(['1', '90']), WITHIN);
  expect(known()).toEqual(['c']);
  expect(watch.failure).toBeNull();
});

test('what is deleted is gone, and a line that was cut is passed over', async () => {
  const { scripted, known } = await watchScripted(['a', 'b']);
  scripted.tell({ type: 'DELETED', object: pod('a', '3') });
  await vi.waitFor(() => expect(known()).toEqual(['b']), WITHIN);
});

test('a server that is busy is asked again after as long as it asks for', async () => {
  const { scripted, client } = await watchScripted([]);
  scripted.refuse = { code: 429, headers: { 'retry-after': '0' } };
  expect((await client.json({ path: '/api/v1/pods', what: 'list Pods' })).code).toBe(200);
});

test('a server that ends its watches at once is asked less and less often', async () => {
  const { scripted } = await watchScripted([]);
  scripted.endsWatches = true;
  scripted.endWatch();
  await vi.waitFor(() => expect(scripted.watchedAtMs.length).toBeGreaterThanOrEqual(5), WITHIN);
  const [, , , fourth = 0, fifth = 0] = scripted.watchedAtMs;
  // The shortest that the fourth pause can be, and far longer than the first can.
  expect(fifth - fourth).toBeGreaterThan(1_500);
});

test('events that cannot be listed are told of to whoever waits', async () => {
  const { scripted, client } = await watchScripted([]);
  scripted.broken = '/events';
  const hub = new WatchHub({ client });
  const lease = hub.lease({ namespace: 'bench' });
  try {
    await vi.waitFor(() => expect(lease.failure()?.error).toMatchObject({ name: 'UnreachableError' }), WITHIN);
    expect(lease.view().jobs).toEqual([]);
  } finally {
    lease.release();
    await hub.close();
  }
});

test('whoever gives up while a node is asked for does not wait for the answer', async () => {
  const { scripted, client } = await watchScripted([]);
  scripted.silent = '/nodes/n1';
  const leaving = new AbortController();
  const asking = new NodeFacts({ client }).of({ name: 'n1', signal: leaving.signal });
  leaving.abort(new Error('left'));
  await expect(asking).rejects.toThrow('left');
});

const NO_RIGHT = 'pods is forbidden: User "one" cannot list resource "pods" in API group ""';

test('a server that does not know yet who may do what is asked again', async () => {
  const { scripted, client } = await watchScripted([]);
  scripted.refuse = { code: 403, message: NO_RIGHT };
  expect((await client.json({ path: '/api/v1/pods', what: 'list Pods' })).code).toBe(200);
});

test('a right that goes on missing is told of with how to give it', async () => {
  const { scripted, client } = await watchScripted([]);
  scripted.refuse = { code: 403, message: NO_RIGHT };
  const asking = client.json({ path: '/api/v1/pods', what: 'list Pods', patienceMs: 0 });
  await expect(asking).rejects.toMatchObject({
    name: 'InvalidInputError',
    message: expect.stringContaining('Give the worker’s user this right'),
  });
});

test.each([
  [400, 'InvalidInputError'],
  [403, 'InvalidInputError'],
  [404, 'InvalidInputError'],
  [422, 'InvalidInputError'],
  [401, 'UnreachableError'],
  [409, 'UnreachableError'],
  [500, 'UnreachableError'],
  [503, 'UnreachableError'],
])('an answer of %i is an %s that says what was asked and what was answered', async (code, name) => {
  const { scripted, client } = await watchScripted([]);
  scripted.refuse = { code };
  await expect(client.json({ path: '/api/v1/pods', what: 'list Pods' })).rejects.toMatchObject({
    name,
    message: expect.stringContaining(`refused with ${code}`),
  });
});
