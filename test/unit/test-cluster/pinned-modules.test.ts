import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CORE_DNS } from '../../cluster/core-dns-program.ts';
import { coreDnsSpec } from '../../cluster/dns.ts';
import { clusterLayout } from '../../cluster/layout.ts';
import { pinnedVersion } from '../../cluster/pinned-module.ts';

const cluster = new URL('../../cluster/', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, cluster), 'utf8');

/** Module to version, of all that a go.mod requires and does not replace. */
function requirements(goMod: string): Map<string, string> {
  const lines = goMod.split('\n').map((line) =>
    line
      .replace(/^require\b/, '')
      .replace(/\/\/.*/, '')
      .trim()
      .split(' '),
  );
  return new Map(lines.flatMap(([path, version]) => (path && version?.startsWith('v') ? [[path, version]] : [])));
}

describe('the modules that the test cluster builds', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'proxybench-pinned-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('give CoreDNS each plugin that its Corefile names, and no other', () => {
    const layout = { ...clusterLayout({ HOME: directory }), config: directory };
    coreDnsSpec({ layout, binary: 'coredns' });
    const corefile = readFileSync(join(directory, 'Corefile'), 'utf8');
    const named = [...corefile.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    const built = [...textOf('coredns/main.go').matchAll(/_ "github\.com\/coredns\/coredns\/plugin\/(\w+)"/g)];
    expect(built.map(([, name]) => name)).toEqual(named.toSorted());
  });

  it('have in one version what both need, so that Go compiles it once', () => {
    const kubernetes = requirements(textOf('kubernetes/go.mod'));
    const shared = [...requirements(textOf('coredns/go.mod'))].filter(([path]) => kubernetes.has(path));
    expect(Object.fromEntries(shared)).toEqual(
      Object.fromEntries(shared.map(([path]) => [path, kubernetes.get(path)])),
    );
    expect(shared.map(([path]) => path)).toContain('k8s.io/client-go');
  });

  it('name the version of what they build', () => {
    expect(pinnedVersion(CORE_DNS)).toMatch(/^v1\.\d+\.\d+$/);
    expect(() => pinnedVersion({ ...CORE_DNS, source: 'example.com/other' })).toThrow(
      'test/cluster/coredns/go.mod requires no example.com/other',
    );
  });
});
