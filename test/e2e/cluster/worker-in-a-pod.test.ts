import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { ResultDocument } from '../../../src/evidence/result-document.ts';
import { forgetImages } from '../../cluster/faults.ts';
import { pushImage } from '../../cluster/images/push-image.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';
import type { TestCluster } from '../../cluster/test-cluster.ts';
import { whyNoTestCluster } from '../../cluster/why-no-test-cluster.ts';
import { buildWorkerImage } from '../../cluster/worker-image/worker-image.ts';
import { kubectlFor, writeOverlay } from '../../support/deploy-overlay.ts';
import { type ForwardedPort, forwardPort } from '../../support/forward-port.ts';
import { type TestServer, startTestServer } from '../../support/temporal-server.ts';
import { whyNotOwnCluster } from '../../support/users-cluster.ts';

/** A build of the image and its first pull, on two busy cores. */
const SET_UP_WITHIN_MS = 9 * 60_000;
const RUN_WITHIN_MS = 4 * 60_000;

const whyNot = whyNotOwnCluster();
const cluster = whyNot === null ? readTestCluster() : null;
if (cluster === null) {
  const why = whyNot ?? whyNoTestCluster() ?? 'no test cluster runs: npm run cluster -- up';
  describe('a worker in a Pod', () => {
    test.skip(`is not run: ${why}`);
  });
} else {
  describeWorkerInAPod(cluster);
}

/** One small clone of a real repository and a word at the end: both images are pulled through the proxy. */
const PROFILES = {
  profiles: {
    small: {
      kind: 'k3s-real-deps',
      requires: 'cluster',
      payloadMiB: 0.01,
      deadlineSeconds: 200,
      sampling: { intervalMs: 100 },
      cleanUp: { keepFinishedSeconds: 600, stopGraceSeconds: 2 },
      realDeps: {
        imagePull: { deadlineSeconds: 120, throughProxy: true },
        gitMirror: { image: 'docker.io/alpine/git:2.47.2', remote: 'https://github.com/small/small.git' },
        stages: [
          {
            name: 'git-mirror',
            deadlineSeconds: 60,
            command: ['sh', '-euc', 'git clone --mirror "$GIT_REMOTE" mirror.git'],
          },
          {
            name: 'summary',
            image: 'docker.io/library/alpine:3.20',
            deadlineSeconds: 60,
            command: ['sh', '-euc', 'echo done'],
          },
        ],
      },
    },
  },
};

function describeWorkerInAPod(own: TestCluster): void {
  const kubectl = kubectlFor({ kubeconfigFile: own.kubeconfigFile, context: own.context, image: '' });
  const { namespace } = own;
  const runId = `in-a-pod-${randomUUID().slice(0, 8)}`;
  const ofTheRun = ['-l', `proxybench.dev/run=${runId}`];
  const ofTheWorker = ['-l', 'app.kubernetes.io/name=proxybench,app.kubernetes.io/component=worker'];
  const inNamespace = (...args: readonly string[]): Promise<string> => kubectl(['-n', namespace, ...args]);
  const inWorker = (...command: readonly string[]): Promise<string> =>
    inNamespace('exec', 'deployment/proxybench-worker', '--', ...command);
  let server: TestServer;
  let door: ForwardedPort;
  let overlay: ReturnType<typeof writeOverlay>;

  beforeAll(async () => {
    const image = await buildWorkerImage({
      name: 'proxybench/worker:e2e',
      cache: own.cacheDirectory,
      env: process.env,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    // A tag for each content, as anybody should have it: the node asks for no tag twice.
    const tag = image.manifestDigest.slice(-12);
    await pushImage({
      image: { ...image, name: `proxybench/worker:${tag}` },
      registryUrl: own.addresses.registryStorage,
    });
    server = await startTestServer();
    // Pods reach this address, and from outside this machine nobody does. The dev server cannot listen there itself: its
    // own parts look for each other on loopback.
    door = await forwardPort({ on: own.addresses.node, to: server.address });
    overlay = writeOverlay({
      namespace,
      image: `docker.io/proxybench/worker:${tag}`,
      environment: { TEMPORAL_ADDRESS: door.address, TEMPORAL_NAMESPACE: server.namespace },
      targets: {
        targets: {
          here: {
            reach: 'kubeconfig',
            context: 'in-cluster',
            node: own.nodeName,
            nodeAddresses: [own.addresses.bridge],
            namespace,
            proxyService: own.proxyService,
          },
        },
        proxyServices: {
          [own.proxyService]: {
            namespace,
            port: Number(new URL(own.proxyUrl).port),
            noProxy: ['localhost', '127.0.0.1', '.svc', '.cluster.local'],
            controlUrl: `http://127.0.0.1:${own.controlPort}`,
            controlSecret: { env: 'SUB2API_EGRESS_PROXY_CONTROL_SECRET' },
          },
        },
      },
      profiles: PROFILES,
    });
    await kubectl(['apply', '--server-side', '-k', overlay.folder]);
    await inNamespace('rollout', 'status', 'deployment/proxybench-worker', '--timeout=150s');
  }, SET_UP_WITHIN_MS);

  afterAll(async () => {
    await inNamespace('delete', 'job', ...ofTheRun);
    await kubectl(['delete', '--ignore-not-found', '-k', overlay.folder]);
    overlay.dispose();
    await door.close();
    await server.stop();
  }, 120_000);

  describe('a worker in a Pod', () => {
    it('has user 1000, no capability, a root file system that it cannot write, and a fresh life sign', async () => {
      expect(await inWorker('id', '-u')).toBe('1000\n');
      expect(await inWorker('grep', 'CapEff', '/proc/1/status')).toMatch(/^CapEff:\s+0{16}$/m);
      await expect(inWorker('touch', '/app/here')).rejects.toThrow('Read-only file system');
      expect(await inWorker('find', '/app/.proxybench/life-sign', '-newermt', '-30 seconds')).not.toBe('');
    });

    it('proves a run on its own cluster with the rights of its service account', {
      timeout: RUN_WITHIN_MS,
    }, async () => {
      // A pull of what the node has already asks for little more than a digest, too little to be seen.
      await forgetImages(['docker.io/alpine/git:2.47.2', 'docker.io/library/alpine:3.20']);
      const result = (await server.temporal.client.workflow.execute('benchmarkTarget', {
        taskQueue: 'proxybench',
        workflowId: runId,
        args: [{ target: 'here', profile: 'small', runId }],
      })) as ResultDocument;
      expect(result.verdict, JSON.stringify(result.verdict)).toMatchObject({ outcome: 'passed' });
      expect(result.evidence.stages.map(({ stage }) => stage)).toEqual(['image-pull', 'git-mirror', 'summary']);
      const jobs = await inNamespace('get', 'jobs', ...ofTheRun, '-o', 'name');
      expect(jobs.trim().split('\n')).toHaveLength(1);
    });

    it('is gone with everything of it once its files are deleted, and a run with its Job', async () => {
      await inNamespace('delete', 'job', ...ofTheRun, '--cascade=foreground');
      await kubectl(['delete', '-k', overlay.folder]);
      await inNamespace('wait', '--for=delete', 'pod', ...ofTheWorker, '--timeout=60s');
      const kinds =
        'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,clusterroles,clusterrolebindings';
      expect(await inNamespace('get', kinds, ...ofTheWorker, '-o', 'name')).toBe('');
      await expect
        .poll(() => inNamespace('get', 'jobs,pods,configmaps', ...ofTheRun, '-o', 'name'), { timeout: 60_000 })
        .toBe('');
    });
  });
}
