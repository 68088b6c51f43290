import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../../src/cluster/cluster.ts';
import { type DiagnosedCluster, openDiagnosedCluster } from '../../support/diagnosed-cluster.ts';
import { findRealCluster } from '../../support/kubeconfig-fixture.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';

const real = findRealCluster();
const whyNot =
  'whyNot' in real ? real.whyNot : readTestCluster() === null ? 'it needs the project’s own cluster' : null;

describe.skipIf(whyNot !== null)(`doctor by a kubeconfig${whyNot === null ? '' : `: ${whyNot}`}`, () => {
  let cluster: DiagnosedCluster;
  beforeAll(async () => {
    cluster = await openDiagnosedCluster();
  });
  afterAll(async () => {
    await cluster.dispose();
  });

  const faults = (checks: readonly Check[]): readonly Check[] => checks.filter(({ ok }) => !ok);
  const named = (checks: readonly Check[], name: string): Check | undefined =>
    checks.find((check) => check.name === name);

  test('finds a cluster as it should be', async () => {
    const checks = await cluster.diagnose({ diskBytes: 1024 });
    expect(faults(checks)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'the API server answers',
      "the worker's clock",
      `rights to run Jobs in ${cluster.target.namespace}`,
      'rights to reach the proxy in platform-infra',
      'rights to read the node',
      `rights to read programs under test in ${cluster.target.namespace}`,
      'rights to read the memory and CPU of programs under test',
      `namespace ${cluster.target.namespace}`,
      'namespace platform-infra',
      'proxy Service platform-infra/sub2api-egress-proxy',
      'a ready Pod behind it',
      `node ${cluster.target.node}`,
      'the node takes Pods',
      "the node's addresses in the proxy's eyes",
      'disk on the node',
      "the node's clock",
      'events of image pulls',
    ]);
  });

  test('finds nothing wrong with the rights that deploy/base grants, but that node and programs under test stay unseen', async () => {
    const { name, kubeconfigFile } = await cluster.userWithout([]);
    const found = faults(await cluster.diagnose({ kubeconfigFile }));
    expect(found.map(({ name: check, advisory }) => ({ check, advisory }))).toEqual([
      { check: 'rights to read the node', advisory: true },
      { check: `rights to read programs under test in ${cluster.target.namespace}`, advisory: true },
      { check: 'rights to read the memory and CPU of programs under test', advisory: true },
      { check: `node ${cluster.target.node}`, advisory: true },
    ]);
    expect(found[0]?.hint).toContain(
      `create clusterrolebinding proxybench-node-reader --clusterrole=proxybench-node-reader --serviceaccount=${cluster.target.namespace}:${name}`,
    );
  });

  test('names the verbs that a user lacks, and the command that grants them', async () => {
    const { namespace } = cluster.target;
    const { name, kubeconfigFile } = await cluster.userWithout([
      'create jobs',
      'delete pods',
      'get pods/log',
      'get services',
    ]);
    const checks = await cluster.diagnose({ kubeconfigFile });
    const jobs = named(checks, `rights to run Jobs in ${namespace}`);
    expect(jobs).toEqual({
      name: `rights to run Jobs in ${namespace}`,
      ok: false,
      detail: `system:serviceaccount:${namespace}:${name} may not create jobs.batch; delete pods; get pods/log`,
      hint: `Apply the Role proxybench-run-jobs of deploy/base/run-jobs.yaml in ${namespace}, and bind it: kubectl --context ${cluster.fixture.context} -n ${namespace} create rolebinding proxybench-run-jobs --role=proxybench-run-jobs --serviceaccount=${namespace}:${name}`,
    });
    expect(named(checks, 'rights to reach the proxy in platform-infra')?.detail).toMatch(/ may not get services$/);
    expect(named(checks, 'proxy Service platform-infra/sub2api-egress-proxy')).toMatchObject({
      ok: false,
      hint: 'Mend the rights first; they are checked above',
    });
  });

  test('says which namespace is missing, and what to do', async () => {
    const [check, ...others] = faults(await cluster.diagnose({ target: { namespace: 'nowhere-at-all' } }));
    expect(others).toEqual([]);
    expect(check).toMatchObject({ name: 'namespace nowhere-at-all', detail: 'is not there' });
    expect(check?.hint).toContain('Correct targets.real.namespace in sub2api.yaml, or: kubectl --context');
    expect(check?.hint).toContain('create namespace nowhere-at-all');
  });

  test.each([
    {
      fault: 'a Service that is not there',
      proxy: { service: 'no-such-proxy' },
      name: 'proxy Service platform-infra/no-such-proxy',
      detail: 'is not there',
      hint: 'get services',
    },
    {
      fault: 'a port that the Service does not have',
      proxy: { url: 'http://sub2api-egress-proxy.platform-infra.svc:8888' },
      name: 'proxy Service platform-infra/sub2api-egress-proxy',
      detail: 'has no port 8888, only 7890',
      hint: 'Correct proxyServices.sub2api-egress-proxy.port in sub2api.yaml',
    },
  ])('tells $fault', async ({ proxy, name, detail, hint }) => {
    const [check, ...others] = faults(await cluster.diagnose({ proxy }));
    expect(others).toEqual([]);
    expect(check).toMatchObject({ name, detail });
    expect(check?.hint).toContain(hint);
  });

  test('tells a Service without a Pod', async () => {
    const { fixture, target } = cluster;
    await fixture.client.json({
      method: 'POST',
      path: `/api/v1/namespaces/${target.namespace}/services`,
      body: { metadata: { name: 'lonely' }, spec: { selector: { app: 'nobody' }, ports: [{ port: 7890 }] } },
      what: 'create a Service',
    });
    const proxy = { service: 'lonely', namespace: target.namespace };
    const [check, ...others] = faults(await cluster.diagnose({ proxy }));
    expect(others).toEqual([]);
    expect(check).toMatchObject({
      name: 'a ready Pod behind it',
      detail: "none: the Service's selector matches no Pod",
    });
    expect(check?.hint).toContain(`-n ${target.namespace} describe service lonely`);
  });

  test.each([
    {
      state: 'cordoned',
      make: { ready: true, spec: { unschedulable: true } },
      detail: 'it is cordoned',
      hint: 'uncordon no-machine-',
    },
    {
      state: 'not ready',
      make: { ready: false },
      detail: 'it is not ready: container runtime is down',
      hint: 'describe node no-machine-',
    },
    {
      state: 'tainted',
      make: { ready: true, spec: { taints: [{ key: 'only-gpu', effect: 'NoSchedule' }] } },
      detail: /it is tainted: .*only-gpu:NoSchedule/,
      hint: 'taint node no-machine-',
    },
  ])('tells a node that is $state, without space and address', async ({ make, detail, hint }) => {
    const node = await cluster.makeNode(make);
    const checks = await cluster.diagnose({ target: { node: node.toUpperCase() }, diskBytes: 2 ** 31 });
    const takes = named(checks, 'the node takes Pods');
    expect(takes?.detail).toMatch(detail);
    expect(takes?.hint).toContain(hint);
    expect(named(checks, 'disk on the node')).toMatchObject({
      ok: false,
      detail: '1.0 GiB allocatable, and a Job may write 2.0 GiB',
    });
    expect(named(checks, "the node's addresses in the proxy's eyes")).toMatchObject({ ok: false, advisory: true });
  });

  test('tells a node that is not there', async () => {
    const [check, ...others] = faults(await cluster.diagnose({ target: { node: 'no-such-node' } }));
    expect(others).toEqual([]);
    expect(check).toMatchObject({ name: 'node no-such-node', detail: 'the cluster has no node of this name' });
    expect(check?.hint).toContain('Correct targets.real.node in sub2api.yaml. There are: kubectl');
  });

  test('says which contexts there are when one is unknown, and does not pretend to have looked further', async () => {
    const connection = { reach: 'kubeconfig', context: 'no-such-context' } as const;
    const checks = await cluster.diagnose({ target: { connection } });
    expect(checks.map(({ name, ok }) => ({ name, ok }))).toEqual([
      { name: 'the API server answers', ok: false },
      { name: 'what is behind it', ok: false },
    ]);
    expect(checks[0]?.detail).toContain(`only ${cluster.fixture.context} (got no-such-context)`);
    expect(checks[0]?.hint).toContain('Correct the target’s context');
    expect(checks[1]?.hint).toBe('Mend the way to the API server first');
  });

  test('tells credentials that are refused', async () => {
    const { kubeconfigFile } = await cluster.userWithout([]);
    await cluster.fixture.client.json({
      method: 'DELETE',
      path: `/api/v1/namespaces/${cluster.target.namespace}/serviceaccounts`,
      what: 'delete the service accounts',
    });
    await expect
      .poll(async () => (await cluster.diagnose({ kubeconfigFile }))[0], { timeout: 60_000, interval: 1_000 })
      .toMatchObject({
        name: 'the API server answers',
        ok: false,
        hint: expect.stringContaining('Renew the credentials'),
      });
  });

  test('gives up on an API server that takes calls and never answers', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
    try {
      const { port } = silent.address() as AddressInfo;
      const kubeconfigFile = await cluster.kubeconfigFor(`https://127.0.0.1:${port}`);
      const [first, ...others] = await cluster.diagnose({ kubeconfigFile });
      expect(first).toMatchObject({ name: 'the API server answers', ok: false, detail: 'no answer within 8 s' });
      expect(first?.hint).toContain('Check that the cluster runs');
      expect(others).toHaveLength(1);
    } finally {
      silent.close();
    }
  });
});
