// The configuration in memory, and the way from a user's names to what they stand for.
import { InvalidInputError } from '../errors/errors.ts';
import type { PlannedProxy, PlannedTarget, TargetReach } from '../plan/plan.ts';
import type { ProfileConfig } from '../profiles/registry.ts';
import { suggestion } from './did-you-mean.ts';
import type { ProxyServiceConfig, TargetConfig } from './targets-schema.ts';

/** Both files, checked, defaults filled in. */
export interface Config {
  /** The two files, as the user would open them. */
  readonly files: { readonly targets: string; readonly profiles: string };
  readonly targets: Readonly<Record<string, TargetConfig>>;
  readonly proxyServices: Readonly<Record<string, ProxyServiceConfig>>;
  readonly profiles: Readonly<Record<string, ProfileConfig>>;
}

/** The namespace that a host target's runs are filed under. */
const HOST_NAMESPACE = 'local';

const CLUSTER_NO_PROXY = ['localhost', '127.0.0.1', '::1', '.svc', '.cluster.local'];

/**
 * The target of that name; a node's name serves too where it belongs to one target alone.
 * @throws InvalidInputError with a guess at what was meant
 */
export function resolveTarget(input: { readonly config: Config; readonly name: string }): PlannedTarget {
  const { config, name } = input;
  const byNode = Object.entries(config.targets).filter(([, target]) => target.node === name);
  const found =
    Object.entries(config.targets).find(([known]) => known === name) ?? (byNode.length === 1 ? byNode[0] : undefined);
  if (found === undefined)
    throw unknownName({ file: config.files.targets, what: 'target', name, known: Object.keys(config.targets) });
  const [targetName, target] = found;
  return {
    name: targetName,
    node: target.node,
    namespace: target.reach === 'host' ? HOST_NAMESPACE : target.namespace,
    connection: connectionOf(target),
    ...(target.reach === 'host' || target.nodeAddresses === undefined
      ? {}
      : { nodeAddresses: target.nodeAddresses.map(canonicalAddress) }),
  };
}

/** The proxy that a target goes through. @throws InvalidInputError */
export function resolveProxy(input: {
  readonly config: Config;
  readonly target: Pick<PlannedTarget, 'name'>;
}): PlannedProxy {
  const { config, target } = input;
  const configured = Object.entries(config.targets).find(([known]) => known === target.name)?.[1];
  if (configured === undefined) {
    throw unknownName({
      file: config.files.targets,
      what: 'target',
      name: target.name,
      known: Object.keys(config.targets),
    });
  }
  const name = configured.proxyService;
  const service = Object.entries(config.proxyServices).find(([known]) => known === name)?.[1];
  if (service === undefined) {
    throw unknownName({
      file: config.files.targets,
      what: 'proxyService',
      name,
      known: Object.keys(config.proxyServices),
    });
  }
  const url = withoutSlash(service.httpUrl ?? `http://${name}.${service.namespace}.svc.cluster.local:${service.port}`);
  return {
    service: name,
    ...(service.namespace === undefined ? {} : { namespace: service.namespace }),
    url,
    noProxy: (service.noProxy ?? (isLoopback(url) ? [] : CLUSTER_NO_PROXY)).join(','),
    controlUrl: withoutSlash(service.controlUrl),
    ...(service.controlSecret === undefined ? {} : { controlSecret: service.controlSecret }),
  };
}

/** The profile of that name. @throws InvalidInputError with a guess at what was meant */
export function resolveProfile(input: { readonly config: Config; readonly name: string }): ProfileConfig {
  const { config, name } = input;
  const found = Object.entries(config.profiles).find(([known]) => known === name)?.[1];
  if (found === undefined)
    throw unknownName({ file: config.files.profiles, what: 'profile', name, known: Object.keys(config.profiles) });
  return found;
}

function connectionOf(target: TargetConfig): TargetReach {
  switch (target.reach) {
    case 'host':
      return { reach: 'host' };
    case 'kubeconfig':
      return { reach: 'kubeconfig', context: target.context };
    case 'trans':
      return { reach: 'trans', route: target.route };
  }
}

function unknownName(input: {
  readonly file: string;
  readonly what: string;
  readonly name: string;
  readonly known: readonly string[];
}): InvalidInputError {
  const { file, what, name, known } = input;
  return new InvalidInputError([
    {
      file,
      path: what,
      value: name,
      message: `there is no ${what} of this name`,
      hint: suggestion({ word: name, known }),
    },
  ]);
}

/** As a proxy writes it, so that addresses can be compared as text. */
function canonicalAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
