import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PlannedProxy, referenceOf } from '../../../src/plan/plan.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';
import {
  type KubeconfigFixture,
  type RealCluster,
  findRealCluster,
  openKubeconfigFixture,
} from '../../support/kubeconfig-fixture.ts';

const real = findRealCluster();
const never = new AbortController().signal;
const READY_WITHIN = { timeout: 60_000, interval: 200 };

describe.skipIf('whyNot' in real)('the way to a control API on a Pod’s loopback', { timeout: 120_000 }, () => {
  let fixture: KubeconfigFixture;
  let proxy: PlannedProxy;
  beforeEach(async () => {
    fixture = await openKubeconfigFixture(real as RealCluster);
    proxy = {
      service: 'control',
      namespace: fixture.namespace,
      url: 'http://control:7890',
      noProxy: '',
      controlUrl: 'http://127.0.0.1:9090',
    };
    await post('services', {
      metadata: { name: 'control' },
      spec: { selector: { app: 'control' }, ports: [{ port: 7890 }] },
    });
  });
  afterEach(async () => {
    await fixture.dispose();
  });

  test('leads to the Pod behind the Service, and to the next one when that is replaced', async () => {
    await startPod('first');
    const path = await fixture.cluster.openControl({ proxy, signal: never });
    try {
      expect(new URL(path.url).hostname).toBe('127.0.0.1');
      expect(await ask(path.url)).toBe('first');
      await fixture.client.json({
        method: 'DELETE',
        path: `/api/v1/namespaces/${fixture.namespace}/pods/first`,
        body: { gracePeriodSeconds: 0 },
        what: 'delete the Pod',
      });
      await startPod('second');
      await vi.waitFor(async () => expect(await ask(path.url)).toBe('second'), READY_WITHIN);
    } finally {
      await path.close();
    }
    await expect(ask(path.url)).rejects.toThrow();
  });

  test('ends a connection when its far side does, and every connection when it is closed', async () => {
    await startPod('first');
    const path = await fixture.cluster.openControl({ proxy, signal: never });
    const port = Number(new URL(path.url).port);
    // This server says goodbye by closing: without the close nobody would know that the answer is whole.
    const answered = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.write('GET / HTTP/1.0\r\n\r\n');
    });
    expect(answered).toMatch(/first$/);
    const idle = connect({ host: '127.0.0.1', port });
    idle.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => idle.on('close', () => resolve()));
    await new Promise<void>((resolve) => idle.on('connect', () => resolve()));
    await path.close();
    await ended;
  });

  test('a run whose proxy has two ready Pods is refused, and one that has begun keeps to its Pod', async () => {
    const asked = (runId: string) => ({
      proxy,
      signal: never,
      run: referenceOf(fixture.plan({ scripts: {}, plan: { runId } })),
    });
    await startPod('second');
    const path = await fixture.cluster.openControl(asked('begun'));
    try {
      await startPod('first');
      expect(await ask(path.url)).toBe('second');
      const again = await fixture.cluster.openControl(asked('begun'));
      expect(await ask(again.url)).toBe('second');
      await again.close();
      await expect(fixture.cluster.openControl(asked('another'))).rejects.toMatchObject({
        name: 'InvalidInputError',
        message: expect.stringMatching(/2 ready Pods stand behind .*Scale the proxy to one/s),
      });
    } finally {
      await path.close();
    }
  });

  test('refuses at once when no Pod is ready, with where to look', async () => {
    const opening = fixture.cluster.openControl({ proxy, signal: never });
    await expect(opening).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining(`no Pod behind the Service ${fixture.namespace}/control is ready`),
      hint: expect.stringContaining('get pods'),
    });
  });

  test.each([
    ['a Service that is not there', { service: 'nobody' }],
    ['an address that is none', { controlUrl: 'control:9090' }],
    ['TLS on a Pod’s loopback', { controlUrl: 'https://127.0.0.1:9090' }],
  ])('refuses %s for good', async (_, change) => {
    const opening = fixture.cluster.openControl({ proxy: { ...proxy, ...change }, signal: never });
    await expect(opening).rejects.toMatchObject({ name: 'InvalidInputError' });
  });

  test('is the address itself where that is no loopback: a worker in the cluster needs no detour', async () => {
    const controlUrl = 'http://control.somewhere.svc:9090';
    const path = await fixture.cluster.openControl({ proxy: { ...proxy, controlUrl }, signal: never });
    expect(path.url).toBe(controlUrl);
    await path.close();
  });

  test.skipIf(readTestCluster() === null)(
    'reaches the Clash API of the real proxy, which asks for its secret',
    async () => {
      const cluster = readTestCluster();
      const clash = { ...proxy, service: cluster?.proxyService ?? '', namespace: cluster?.namespace ?? '' };
      const path = await fixture.cluster.openControl({ proxy: clash, signal: never });
      try {
        expect((await fetch(`${path.url}/version`)).status).toBe(401);
        const headers = { authorization: `Bearer ${cluster?.controlSecret}` };
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => fetch(`${path.url}/connections`, { headers })),
        );
        for (const answer of answers) expect(await answer.json()).toHaveProperty('downloadTotal');
      } finally {
        await path.close();
      }
    },
  );

  /** A Pod whose loopback port answers with the Pod's name, and closes. */
  async function startPod(name: string): Promise<void> {
    const image = (real as RealCluster).image;
    const script = `mkdir /tmp/www && printf %s "$0" >/tmp/www/index.html && exec httpd -f -p 127.0.0.1:9090 -h /tmp/www`;
    await post('pods', {
      metadata: { name, labels: { app: 'control' } },
      spec: {
        containers: [{ name: 'control', image, command: ['sh', '-c', script, name] }],
        terminationGracePeriodSeconds: 0,
      },
    });
    await vi.waitFor(async () => {
      const { body } = await fixture.client.json<{ readonly status?: { readonly phase?: string } }>({
        path: `/api/v1/namespaces/${fixture.namespace}/pods/${name}`,
        what: 'read the Pod',
      });
      expect(body.status?.phase).toBe('Running');
    }, READY_WITHIN);
    await untilListening();
  }

  async function untilListening(): Promise<void> {
    const path = await vi.waitFor(() => fixture.cluster.openControl({ proxy, signal: never }), READY_WITHIN);
    await vi.waitFor(() => ask(path.url), READY_WITHIN);
    await path.close();
  }

  async function post(kind: string, body: unknown): Promise<void> {
    // A namespace's default service account comes a moment after the namespace.
    await vi.waitFor(
      () =>
        fixture.client.json({
          method: 'POST',
          path: `/api/v1/namespaces/${fixture.namespace}/${kind}`,
          body,
          what: `create ${kind}`,
        }),
      READY_WITHIN,
    );
  }
});

async function ask(url: string): Promise<string> {
  return await (await fetch(url)).text();
}
