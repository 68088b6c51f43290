import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { KubeClient } from '../../../src/cluster/kubeconfig/kube-client.ts';
import { DEPLOY, kubectlFor, renderFolder, writeOverlay } from '../../support/deploy-overlay.ts';
import type { AnyObject } from '../../support/deploy-overlay.ts';
import { findRealCluster } from '../../support/kubeconfig-fixture.ts';
import type { RealCluster } from '../../support/kubeconfig-fixture.ts';
import { rightsOf } from '../../support/rights-of.ts';

const real = findRealCluster();
if ('whyNot' in real) {
  describe('the files for a cluster', () => {
    test.skip(`are not applied: ${real.whyNot}`);
  });
} else {
  describeDeploy(real);
}

function describeDeploy(cluster: RealCluster): void {
  const kubectl = kubectlFor(cluster);
  const namespace = `deploy-${randomUUID().slice(0, 8)}`;
  const overlay = writeOverlay({ namespace, components: ['node-reader', 'persistent-state', 'program-reader'] });
  const worker = `system:serviceaccount:${namespace}:proxybench-worker`;
  let objects: readonly AnyObject[];

  beforeAll(async () => {
    await kubectl(['create', 'namespace', namespace]);
    await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    objects = await renderFolder({ kubectl, folder: overlay.folder });
    // Who the worker is and what it may do; no worker.
    const rights = objects.filter(({ kind }) => /^(ServiceAccount|(Cluster)?Role(Binding)?)$/.test(kind));
    expect(rights).toHaveLength(11);
    await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(listOf(rights)));
  });
  afterAll(async () => {
    const beyond = objects.filter(({ metadata }) => metadata.namespace === undefined);
    await kubectl(['delete', '--ignore-not-found', '-f', '-'], JSON.stringify(listOf(beyond)));
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    overlay.dispose();
  });

  describe('the files for a cluster', () => {
    it.for(['base', 'example'])('are accepted by a real API server, every object of %s', async (name, { skip }) => {
      const folder = join(DEPLOY, name);
      const rendered = await renderFolder({ kubectl, folder });
      const there = await kubectl(['get', 'namespace', 'platform-infra', '--ignore-not-found', '-o', 'name']);
      skip(there === '', 'this cluster has no namespace platform-infra');
      const told = await kubectl(['apply', '--dry-run=server', '-k', folder]);
      expect(told.match(/\(server dry run\)$/gm)).toHaveLength(rendered.length);
    });

    it('are accepted in any namespace that an overlay names, and stand nowhere else', async () => {
      const told = await kubectl(['apply', '--dry-run=server', '-k', overlay.folder]);
      expect(told.match(/\(server dry run\)$/gm)).toHaveLength(objects.length);
      const elsewhere = objects.filter(({ metadata }) => metadata.namespace !== namespace);
      expect(elsewhere.map(({ kind }) => kind).toSorted()).toEqual([
        'ClusterRole',
        'ClusterRole',
        'ClusterRoleBinding',
        'ClusterRoleBinding',
      ]);
    });

    it('carry the labels by which all of it is found, none by which the program knows its own Jobs', () => {
      for (const { kind, metadata } of objects) {
        expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
          'app.kubernetes.io/name': 'proxybench',
          'app.kubernetes.io/component': 'worker',
          'app.kubernetes.io/part-of': 'proxybench',
          'app.kubernetes.io/managed-by': 'kustomize',
        });
      }
    });

    it('make a Pod that the security standard "restricted" lets in', async () => {
      const deployment = objects.find(({ kind }) => kind === 'Deployment');
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'worker', namespace },
        spec: deployment?.spec?.template?.spec,
      };
      const create = ['create', '--dry-run=server', '-f', '-'];
      expect(await kubectl(create, JSON.stringify(pod))).toContain('pod/worker created (server dry run)');
      const loose = { ...pod, spec: { containers: [{ name: 'worker', image: 'worker:1' }] } };
      await expect(kubectl(create, JSON.stringify(loose))).rejects.toThrow('violates PodSecurity "restricted');
    });
  });

  describe("the worker's rights", () => {
    it('are the listed ones and no others, by the word of the API server on all that it has', async () => {
      const before = process.env['KUBECONFIG'];
      process.env['KUBECONFIG'] = cluster.kubeconfigFile;
      const context = cluster.context ?? (await kubectl(['config', 'current-context'])).trim();
      const client = new KubeClient({ context });
      try {
        const anyone = `system:serviceaccount:${namespace}:default`;
        const of = (user: string, where: string) => rightsOf({ client, user, namespace: where });
        const [own, others, elsewhere, othersElsewhere] = await Promise.all([
          of(worker, namespace),
          of(anyone, namespace),
          of(worker, 'default'),
          of(`system:serviceaccount:default:default`, 'default'),
        ]);
        expect(own.filter((right) => !others.includes(right))).toEqual(listedRights(objects));
        expect(elsewhere.filter((right) => !othersElsewhere.includes(right))).toEqual(['get nodes', 'get nodes/proxy']);
      } finally {
        await client.close();
        if (before === undefined) delete process.env['KUBECONFIG'];
        else process.env['KUBECONFIG'] = before;
      }
    });

    it.each([
      ['yes', 'create', 'jobs.batch'],
      ['yes', 'patch', 'jobs.batch'],
      ['yes', 'get', 'pods/log'],
      ['yes', 'create', 'pods/portforward'],
      ['yes', 'get', 'nodes'],
      ['yes', 'get', 'nodes/proxy'],
      ['no', 'get', 'secrets'],
      ['no', 'create', 'pods'],
      ['no', 'create', 'pods/exec'],
      ['no', 'get', 'pods/exec'],
      ['no', 'update', 'jobs.batch'],
      ['no', 'deletecollection', 'pods'],
      ['no', 'delete', 'configmaps'],
      ['no', 'list', 'nodes'],
      ['no', 'create', 'nodes/proxy'],
      ['no', 'create', 'serviceaccounts/token'],
      ['no', 'patch', 'roles.rbac.authorization.k8s.io'],
      ['no', 'impersonate', 'users'],
    ])('kubectl auth can-i says %s to %s %s', async (answer, verb, resource) => {
      const asked = [
        'auth',
        'can-i',
        verb,
        ...resource.split('/').flatMap((part, at) => (at === 0 ? [part] : [`--subresource=${part}`])),
      ];
      // Its exit code says the same as its word, so a no is an error to whoever runs it.
      const said = await kubectl([...asked, '--as', worker, '-n', namespace]).catch((thrown: Error) => thrown.message);
      expect(said).toMatch(new RegExp(`^${answer}\\b`, 'm'));
    });
  });
}

function listOf(items: readonly AnyObject[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}

/** `verb resource.group` of every rule, sorted, each once. */
function listedRights(objects: readonly AnyObject[]): readonly string[] {
  const rights = objects.flatMap(({ rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => `${verb} ${group === '' ? resource : `${resource}.${group}`}`),
        ),
      ),
    ),
  );
  return [...new Set(rights)].toSorted();
}
