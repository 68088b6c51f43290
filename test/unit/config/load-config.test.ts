import { afterEach, describe, expect, it } from 'vitest';
import { resolveProfile, resolveProxy, resolveTarget } from '../../../src/config/config.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { createConfigDir, SHIPPED_CONFIG_DIR } from '../../support/config-dir.ts';
import type { ConfigChanges, ConfigDir } from '../../support/config-dir.ts';
import { realDepsProfile } from '../../support/real-deps-profile.ts';

const opened: ConfigDir[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((dir) => dir.dispose()));
});

async function load(changes: ConfigChanges): Promise<Config> {
  const dir = await createConfigDir(changes);
  opened.push(dir);
  return loadConfig(dir);
}

describe('the shipped configuration', () => {
  it('holds the two clusters, this machine, and a profile for each', async () => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });

    expect(Object.keys(config.targets)).toEqual(['D601', 'D518', 'local']);
    expect(Object.keys(config.proxyServices)).toEqual(['sub2api-egress-proxy', 'local-egress-proxy']);
    expect(Object.entries(config.profiles).map(([name, { kind, requires }]) => ({ name, kind, requires }))).toEqual([
      { name: 'real-deps-500m', kind: 'k3s-real-deps', requires: 'cluster' },
      { name: 'host-deps', kind: 'k3s-real-deps', requires: 'host' },
      { name: 'metadata-proxy-25mi', kind: 'metadata-proxy', requires: 'any' },
      { name: 'metadata-proxy-small', kind: 'metadata-proxy', requires: 'any' },
    ]);
    expect(realDepsProfile({ config, name: 'real-deps-500m' }).payloadMiB).toBe(500);
  });

  it('reaches the clusters by trans, through the Service of the proxy under test', async () => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });

    for (const name of ['D601', 'D518']) {
      const target = resolveTarget({ config, name });
      expect(target).toEqual({
        name,
        node: name,
        namespace: 'platform-infra',
        connection: { reach: 'trans', route: name },
      });
      expect(resolveProxy({ config, target })).toEqual({
        service: 'sub2api-egress-proxy',
        namespace: 'platform-infra',
        url: 'http://sub2api-egress-proxy.platform-infra.svc.cluster.local:7890',
        noProxy: 'localhost,127.0.0.1,::1,.svc,.cluster.local',
        controlUrl: 'http://127.0.0.1:9090',
        controlSecret: { env: 'SUB2API_EGRESS_PROXY_CONTROL_SECRET' },
      });
    }
  });

  it('knows the addresses of a node as a proxy writes them', async () => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
    const target = config.targets['D601'];
    if (target?.reach !== 'trans') throw new Error('D601 is reached otherwise');
    const targets = { D601: { ...target, nodeAddresses: ['10.244.0.1', 'FD00:0:0::0001'] } };
    expect(resolveTarget({ config: { ...config, targets }, name: 'D601' }).nodeAddresses).toEqual([
      '10.244.0.1',
      'fd00::1',
    ]);
  });

  it('sends everything on this machine through the embedded proxy, loopback too', async () => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
    const target = resolveTarget({ config, name: 'local' });

    expect(target).toEqual({ name: 'local', node: 'local', namespace: 'local', connection: { reach: 'host' } });
    expect(resolveProxy({ config, target })).toEqual({
      service: 'local-egress-proxy',
      url: 'http://127.0.0.1:17890',
      noProxy: '',
      controlUrl: 'http://127.0.0.1:17891',
    });
  });
});

describe('defaults', () => {
  it('fill in what a profile leaves out', async () => {
    const at = ['profiles', 'host-deps'];
    const config = await load({
      profiles: ['deadlineSeconds', 'sampling', 'cleanUp', 'requires'].map(
        (key) => [[...at, key], key === 'requires' ? 'host' : undefined] as const,
      ),
    });

    expect(resolveProfile({ config, name: 'host-deps' })).toMatchObject({
      deadlineSeconds: 3_600,
      sampling: { intervalMs: 250 },
      pullRetry: { maxAttempts: 3, backoffSeconds: 15 },
      cleanUp: { keepFinishedSeconds: 86_400, stopGraceSeconds: 2 },
    });
  });

  it('leave loopback out of NO_PROXY for a proxy on loopback, and keep clusters apart for a Service', async () => {
    const config = await load({
      targets: ['sub2api-egress-proxy', 'local-egress-proxy'].map(
        (name) => [['proxyServices', name, 'noProxy'], undefined] as const,
      ),
    });

    expect(resolveProxy({ config, target: { name: 'local' } }).noProxy).toBe('');
    expect(resolveProxy({ config, target: { name: 'D601' } }).noProxy).toBe(
      'localhost,127.0.0.1,::1,.svc,.cluster.local',
    );
  });
});

describe('names', () => {
  it.each([
    { name: 'd601', hint: 'Did you mean D601?' },
    { name: 'locla', hint: 'Did you mean local?' },
    { name: 'constructor', hint: 'Known: D601, D518, local' },
    { name: '', hint: 'Known: D601, D518, local' },
  ])('refuse target "$name" with the hint "$hint"', async ({ name, hint }) => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
    expect(() => resolveTarget({ config, name })).toThrow(hint);
  });

  it('refuse a profile that is not there, with a guess', async () => {
    const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
    expect(() => resolveProfile({ config, name: 'real-deps-500' })).toThrow('Did you mean real-deps-500m?');
  });

  it('find a target by its node where only one target has it', async () => {
    const config = await load({ targets: [[['targets', 'D601', 'node'], 'rack-7']] });
    expect(resolveTarget({ config, name: 'rack-7' }).name).toBe('D601');

    const shared = await load({
      targets: [
        [['targets', 'D601', 'node'], 'rack-7'],
        [['targets', 'D518', 'node'], 'rack-7'],
      ],
    });
    expect(() => resolveTarget({ config: shared, name: 'rack-7' })).toThrow('there is no target of this name');
  });
});
