// The whole machine belongs to this file while it runs: there is one test cluster, and it is taken down here.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readComponents } from '../component.ts';
import { forgetImages, nodeUsesProxy } from '../faults.ts';
import { clusterLayout } from '../layout.ts';
import { findLeftovers } from '../leftovers.ts';
import { run } from '../run.ts';
import { clusterStatus } from '../status.ts';
import { readTestCluster } from '../test-cluster.ts';
import type { TestCluster } from '../test-cluster.ts';
import { whyNotOwnCluster } from '../../support/users-cluster.ts';
import { whyNoTestCluster } from '../why-no-test-cluster.ts';
import { clusterCommand } from './cluster-command.ts';
import { listMachine } from './machine-listing.ts';

const layout = clusterLayout(process.env);
const why = whyNotOwnCluster() ?? whyNoTestCluster();
const PROBE = 'docker.io/proxybench/probe:1';

describe.skipIf(why !== null)(`the test cluster${why === null ? '' : ` (left out: ${why})`}`, () => {
  let before: readonly string[];
  let wasUp: boolean;

  beforeAll(async () => {
    wasUp = (await clusterStatus(layout)).cluster !== 'down';
    expect((await clusterCommand({ args: ['down'] })).lines.at(-1)).toContain('the test cluster is gone');
    before = await listMachine();
  });
  afterAll(async () => {
    if (wasUp) await clusterCommand({ args: ['up'] });
  });

  it.each(['starting etcd', 'the registry answers', 'the API server is ready', 'the node is Ready'])(
    'leaves nothing after a SIGKILL of `up` at "%s" and a `down`',
    async (killAt) => {
      const up = await clusterCommand({ args: ['up'], killAt });
      expect(up.signal).toBe('SIGKILL');
      expect(await findLeftovers(layout)).not.toEqual([]);
      const down = await clusterCommand({ args: ['down'] });
      expect(down.lines.at(-1)).toContain('the test cluster is gone');
      expect(down.code).toBe(0);
      expect(await listMachine()).toEqual(before);
    },
  );

  it('comes up by itself over what a killed `up` has left', async () => {
    await clusterCommand({ args: ['up'], killAt: 'the node is Ready' });
    const up = await clusterCommand({ args: ['up'] });
    expect(up.lines).toContain(`export KUBECONFIG=${layout.kubeconfigFile}`);
    expect(up.code).toBe(0);
    expect((await clusterCommand({ args: ['status'] })).code).toBe(0);
  });

  it('finds itself up the second time', async () => {
    const startedAt = readTestCluster(layout)?.startedAt ?? 'never';
    const up = await clusterCommand({ args: ['up'] });
    expect(up.code).toBe(0);
    expect(up.lines.join('\n')).toContain(`is up since ${startedAt}`);
  });

  it('pulls through the proxy Pod, and past it when containerd knows of no proxy', async () => {
    const cluster = requireCluster();
    expect(await pullsSeenByProxy(cluster)).toBeGreaterThan(0);
    await nodeUsesProxy(false);
    expect(await pullsSeenByProxy(cluster)).toBe(0);
    await nodeUsesProxy(true);
    expect(await pullsSeenByProxy(cluster)).toBeGreaterThan(0);
  });

  it('hands argv, input and exit code through `trans` unchanged', async () => {
    const cluster = requireCluster();
    const trans = [`${cluster.transDirectory}/trans`, cluster.transRoute, 'sh', '--'];
    const words = ['a b', "it's", '$HOME `id` "', '', 'two\nlines\n', '*', '\\'];
    const far = 'for word; do printf "<%s>" "$word"; done; cat';
    const seen = await run([...trans, 'sh', '-c', far, 'far', ...words], { input: 'and its input' });
    expect(seen).toBe(`${words.map((word) => `<${word}>`).join('')}and its input`);
    await expect(run([...trans, 'sh', '-c', 'exit 7'])).rejects.toThrow(/: 7$/m);
    await expect(run([trans[0] ?? '', 'nowhere', 'sh', '--', 'true'])).rejects.toThrow(/: 64\ntrans: no route nowhere/);
  });

  it('leaves nothing after components were killed and the records of them lost', async () => {
    for (const { name, process: component } of readComponents(layout)) {
      if (['containerd', 'kubelet', 'etcd', 'sshd'].includes(name)) process.kill(component.pid, 'SIGKILL');
    }
    expect((await clusterCommand({ args: ['status', '--output', 'json'] })).code).toBe(1);
    rmSync(layout.stateFile);
    rmSync(layout.components, { recursive: true });
    const down = await clusterCommand({ args: ['down'] });
    expect(down.lines.at(-1)).toContain('the test cluster is gone');
    expect(await listMachine()).toEqual(before);
  });
});

/** How many connections of a cold pull the proxy has written into its log. */
async function pullsSeenByProxy(cluster: TestCluster): Promise<number> {
  const kubectl = [cluster.kubectl, '--kubeconfig', cluster.kubeconfigFile];
  const connections = async (): Promise<number> => {
    const log = await run([...kubectl, 'logs', `deployment/${cluster.proxyService}`]);
    return log.split('\n').filter((line) => line.includes('inbound connection to 198.51.100.10:5000')).length;
  };
  const seen = await connections();
  await forgetImages([PROBE]);
  const once = ['--restart=Never', '--image-pull-policy=Always', `--image=${PROBE}`];
  await run([...kubectl, 'run', 'pull', ...once, '--', 'true']);
  await run([...kubectl, 'wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/pull', '--timeout=60s'], {
    timeoutMs: 70_000,
  });
  await run([...kubectl, 'delete', 'pod', 'pull', '--now']);
  return (await connections()) - seen;
}

function requireCluster(): TestCluster {
  const cluster = readTestCluster(layout);
  if (cluster === null) throw new Error('the test cluster is not up');
  return cluster;
}
