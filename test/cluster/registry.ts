// The registry that stands for docker.io: Debian's docker-registry on loopback, behind a front that misbehaves on order.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { nodeExecutable } from '../../src/processes/node-executable.ts';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, PORTS } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

/** Where images are pushed, past the front. */
export const REGISTRY_STORAGE_URL = `http://127.0.0.1:${PORTS.registryStorage}`;
/** Where the node pulls. */
export const REGISTRY_URL = `http://${ADDRESS}:${PORTS.registry}`;

export function registryFaultFile(layout: ClusterLayout): string {
  return join(layout.faults, 'registry.json');
}

/** Writes the configuration and says how to start it. What was pushed is kept in the cache. */
export function registrySpec(layout: ClusterLayout): ComponentSpec {
  const storage = join(layout.cache, 'registry');
  mkdirSync(storage, { recursive: true });
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${PORTS.registryStorage}`, secret: 'one instance needs none', relativeurls: true },
  };
  const file = join(layout.config, 'registry.yaml');
  writeFileSync(file, stringify(config));
  return { name: 'registry', command: ['docker-registry', 'serve', file] };
}

export function registryFrontSpec(layout: ClusterLayout): ComponentSpec {
  const program = fileURLToPath(new URL('servers/registry-front.ts', import.meta.url));
  const ports = [String(PORTS.registry), String(PORTS.registryStorage)];
  return { name: 'registry-front', command: [nodeExecutable(), program, ADDRESS, ...ports, registryFaultFile(layout)] };
}
