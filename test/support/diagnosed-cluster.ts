// A real cluster to be diagnosed: a namespace of its own, users with some rights and not others, nodes that are only objects.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Check } from '../../src/cluster/cluster.ts';
import { apiPath } from '../../src/cluster/kubeconfig/kube-client.ts';
import { createKubeconfigCluster } from '../../src/cluster/kubeconfig/kubeconfig-cluster.ts';
import { NEEDED_ROLES, askedRights } from '../../src/cluster/kubernetes/needed-rights.ts';
import type { PlannedProxy, PlannedTarget } from '../../src/plan/plan.ts';
import { type TestCluster, readTestCluster } from '../cluster/test-cluster.ts';
import {
  type KubeconfigFixture,
  changedKubeconfig,
  findRealCluster,
  openKubeconfigFixture,
} from './kubeconfig-fixture.ts';
import { isAllowed } from './rights-of.ts';

const GRANTED_WITHIN = { timeout: 30_000, interval: 50 };

export interface DiagnosedCluster {
  readonly testCluster: TestCluster;
  readonly fixture: KubeconfigFixture;
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  /** All checks, by the kubeconfig of whoever is given, or the administrator's. */
  diagnose(input?: {
    readonly target?: Partial<PlannedTarget>;
    readonly proxy?: Partial<PlannedProxy>;
    readonly kubeconfigFile?: string;
    readonly diskBytes?: number;
  }): Promise<readonly Check[]>;
  /** A kubeconfig of a new service account with every right of deploy/base in the namespace but these: `delete pods`. */
  userWithout(rights: readonly string[]): Promise<{ readonly name: string; readonly kubeconfigFile: string }>;
  /** A kubeconfig for this server. */
  kubeconfigFor(server: string): Promise<string>;
  /** Makes a Node object that no kubelet stands behind. */
  makeNode(input: { readonly spec?: object; readonly ready: boolean }): Promise<string>;
  dispose(): Promise<void>;
}

/** @throws Error without the project's own test cluster */
export async function openDiagnosedCluster(): Promise<DiagnosedCluster> {
  const real = findRealCluster();
  const testCluster = readTestCluster();
  if ('whyNot' in real || testCluster === null) throw new Error('no test cluster is up');
  const fixture = await openKubeconfigFixture(real);
  const { client, context, namespace } = fixture;
  const directory = await mkdtemp(join(tmpdir(), 'proxybench-diagnose-'));
  const madeNodes: string[] = [];
  const target: PlannedTarget = {
    name: 'real',
    node: testCluster.nodeName,
    namespace,
    connection: { reach: 'kubeconfig', context },
  };
  const proxy: PlannedProxy = {
    service: testCluster.proxyService,
    namespace: testCluster.namespace,
    url: testCluster.proxyUrl,
    noProxy: '',
    controlUrl: `http://127.0.0.1:${testCluster.controlPort}`,
  };
  const create = async (path: string, body: object): Promise<void> => {
    await client.json({ method: 'POST', path, body, what: `create ${path}` });
  };
  const ownDirectory = (): Promise<string> => mkdtemp(join(directory, 'kubeconfig-'));

  return {
    testCluster,
    fixture,
    target,
    proxy,
    diagnose: async ({ kubeconfigFile, diskBytes, ...changes } = {}) => {
      const before = process.env['KUBECONFIG'];
      if (kubeconfigFile !== undefined) process.env['KUBECONFIG'] = kubeconfigFile;
      const changed = { ...target, ...changes.target };
      const { connection } = changed;
      const cluster = createKubeconfigCluster({
        context: connection.reach === 'kubeconfig' ? connection.context : context,
      });
      try {
        return await cluster.diagnose({
          target: changed,
          proxy: { ...proxy, ...changes.proxy },
          signal: AbortSignal.timeout(60_000),
          ...(diskBytes === undefined ? {} : { diskBytes }),
        });
      } finally {
        await cluster.close();
        if (before !== undefined) process.env['KUBECONFIG'] = before;
      }
    },
    userWithout: async (without) => {
      const name = `user-${randomUUID().slice(0, 8)}`;
      await create(apiPath('api/v1', namespace, 'serviceaccounts'), { metadata: { name } });
      const roles = NEEDED_ROLES.filter(({ file, advisory }) => file !== null && !advisory);
      for (const role of roles) {
        const roleNamespace = role.where === 'jobs' ? namespace : testCluster.namespace;
        const metadata = { name: `${name}-${role.where}`, labels: { 'proxybench-test': namespace } };
        const rules = role.rights.flatMap(({ group, resource, subresource, verbs }) => {
          const whole = wholeName({ resource, subresource });
          const left = verbs.filter((verb) => !without.includes(`${verb} ${whole}`));
          return left.length === 0 ? [] : [{ apiGroups: [group], resources: [whole], verbs: left }];
        });
        const rbac = 'apis/rbac.authorization.k8s.io/v1';
        await create(apiPath(rbac, roleNamespace, 'roles'), { metadata, rules });
        await create(apiPath(rbac, roleNamespace, 'rolebindings'), {
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        });
        // The API server learns of a binding a moment after it has taken it.
        const granted = askedRights(role).find((right) => !without.includes(`${right.verb} ${wholeName(right)}`));
        if (granted === undefined) continue;
        const user = `system:serviceaccount:${namespace}:${name}`;
        const question = { ...granted, resource: wholeName(granted) };
        await vi.waitFor(
          async () => expect(await isAllowed({ client, user, namespace: roleNamespace, ...question })).toBe(true),
          GRANTED_WITHIN,
        );
      }
      const { body } = await client.json<{ readonly status: { readonly token: string } }>({
        method: 'POST',
        path: apiPath('api/v1', namespace, 'serviceaccounts', name, 'token'),
        body: { spec: {} },
        what: 'ask for a token',
      });
      const user = { token: body.status.token };
      return { name, kubeconfigFile: await changedKubeconfig({ directory: await ownDirectory(), context, user }) };
    },
    kubeconfigFor: async (server) => changedKubeconfig({ directory: await ownDirectory(), context, server }),
    makeNode: async ({ spec = {}, ready }) => {
      const name = `no-machine-${randomUUID().slice(0, 8)}`;
      madeNodes.push(name);
      await create(apiPath('api/v1', null, 'nodes'), {
        metadata: { name, labels: { 'kubernetes.io/hostname': name } },
        spec,
      });
      const condition = { type: 'Ready', status: ready ? 'True' : 'False', message: 'container runtime is down' };
      const status = { conditions: [condition], allocatable: { 'ephemeral-storage': '1Gi' } };
      await client.json({
        method: 'PATCH',
        path: apiPath('api/v1', null, 'nodes', name, 'status'),
        body: { status },
        what: `give Node ${name} a status`,
      });
      return name;
    },
    dispose: async () => {
      for (const name of madeNodes) {
        await client.json({
          method: 'DELETE',
          path: apiPath('api/v1', null, 'nodes', name),
          what: 'delete a node',
          tolerated: [404],
        });
      }
      for (const kind of ['rolebindings', 'roles']) {
        await client.json({
          method: 'DELETE',
          path: apiPath('apis/rbac.authorization.k8s.io/v1', testCluster.namespace, kind),
          query: { labelSelector: `proxybench-test=${namespace}` },
          what: `delete ${kind}`,
        });
      }
      await fixture.dispose();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** As RBAC writes it: `pods/log`. */
function wholeName(right: { readonly resource: string; readonly subresource?: string | undefined }): string {
  const { resource, subresource = '' } = right;
  return subresource === '' ? resource : `${resource}/${subresource}`;
}
