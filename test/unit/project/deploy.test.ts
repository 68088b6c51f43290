import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const root = new URL('../../../', import.meta.url).pathname;
const deploy = join(root, 'deploy');

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly Rule[];
}

interface Kustomization {
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
}

const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const roles = files
  .flatMap((file) => parseAllDocuments(readFileSync(join(deploy, file), 'utf8')))
  .map((document) => document.toJS() as Role)
  .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');

test.each(['base', 'example'])('the targets of deploy/%s are read as the worker reads them', async (overlay) => {
  const configDir = temporaryDirectory('deploy');
  const folder = join(configDir, 'platform-infra');
  mkdirSync(folder);
  copyFileSync(join(deploy, overlay, 'targets.yaml'), join(folder, 'sub2api.yaml'));
  const profiles = 'egress-proxy-benchmarks.yaml';
  copyFileSync(join(root, 'config', 'platform-infra', profiles), join(folder, profiles));
  const config = await loadConfig({ configDir });
  expect(Object.values(config.targets)).toMatchObject([{ reach: 'kubeconfig', context: 'in-cluster' }]);
});

test('images have the version of the package, and no tag that somebody moves', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const named = files
    .filter((file) => file.endsWith('kustomization.yaml'))
    .flatMap((file) => (parse(readFileSync(join(deploy, file), 'utf8')) as Kustomization).images ?? []);
  expect(named).toMatchObject([
    { name: 'proxybench-worker', newTag: version },
    { name: 'proxybench-worker', newTag: version },
  ]);
});

test('no Secret stands here', () => {
  expect(
    files.filter((file) => /^kind: Secret$|secretGenerator/m.test(readFileSync(join(deploy, file), 'utf8'))),
  ).toEqual([]);
});

test('no right is a wildcard, reads a Secret, enters a Pod or writes a role', () => {
  const rules = roles.flatMap((role) => role.rules);
  expect(rules).toHaveLength(11);
  const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
  const refused = ['*', 'secrets', 'pods/exec', 'pods/attach', 'rbac.authorization.k8s.io', 'impersonate', 'escalate'];
  expect(words.filter((word) => refused.includes(word))).toEqual([]);
});

test('the page on running in a cluster lists every right, resource by resource and verb by verb', () => {
  const page = readFileSync(join(root, 'docs', 'run-in-a-cluster.md'), 'utf8');
  const told = [...page.matchAll(/^\| `(proxybench-[a-z-]+)` \| ([\w./]+) \| ([a-z, ]+) \|/gm)].map(
    ([, role, resource, verbs]) => `${role ?? ''} ${resource ?? ''}: ${verbs ?? ''}`,
  );
  const held = roles.flatMap(({ metadata, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.map(
        (resource) => `${metadata.name} ${[resource, ...apiGroups].filter(Boolean).join('.')}: ${verbs.join(', ')}`,
      ),
    ),
  );
  expect(told.toSorted()).toEqual(held.toSorted());
});

test('the base lets the worker ask any DNS: caches on nodes and other distributions’ servers carry no common label', () => {
  interface Policy {
    readonly spec: {
      readonly egress: readonly { readonly to?: unknown; readonly ports: readonly { readonly port: number }[] }[];
    };
  }
  const policy = parse(readFileSync(join(deploy, 'base/network-policy.yaml'), 'utf8')) as Policy;
  const dns = policy.spec.egress.filter(({ ports }) => ports.some(({ port }) => port === 53));
  expect(dns).toHaveLength(1);
  expect(dns[0]).not.toHaveProperty('to');
});
