// The file of settings that a proxy under test is started with.
import { USUAL_SETTINGS } from '../../proxies/metadata-proxy/setting-bounds.ts';
import type { MetadataProxySettings } from '../../proxies/metadata-proxy/settings.ts';
import { proxyPorts, upstreamPort } from './ports.ts';
import type { MetadataProxyProfile } from './schema.ts';

const LOOPBACK = '127.0.0.1';

/** Where what must be seen from outside listens: a kubelet asks for readiness at a Pod's own address. */
export function openHost({ onHost }: { readonly onHost: boolean }): string {
  return onHost ? LOOPBACK : '0.0.0.0';
}

/** Settings of the proxy with that index; all that the profile does not say is as a proxy has it that nobody told anything. */
export function proxySettings(input: {
  readonly settings: MetadataProxyProfile['metadataProxy'];
  readonly index: number;
  /** Whether the target is a host, not a cluster. */
  readonly onHost: boolean;
}): MetadataProxySettings {
  const { settings, index, onHost } = input;
  const { firstPort, caching, maxConnections } = settings;
  const { listen, metrics } = proxyPorts({ firstPort, index });
  return {
    ...USUAL_SETTINGS,
    listen: { host: LOOPBACK, port: listen },
    metrics: { host: openHost({ onHost }), port: metrics },
    upstream: `http://${LOOPBACK}:${upstreamPort({ firstPort })}`,
    maxConnections,
    merge: caching === 'on',
    cache: caching === 'on',
  };
}
