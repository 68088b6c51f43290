// How the parts of a run are called: one proxy and one load for each set of limits.
import type { CompanionLimits } from '../../plan/plan.ts';

/** The fake metadata server. */
export const UPSTREAM_NAME = 'upstream';

const PROXY_PREFIX = 'proxy-';

/** `500m/25Mi`, as a reader knows it from Kubernetes. */
export function shownLimits({ cpuMillicores, memoryMiB }: CompanionLimits): string {
  return `${cpuMillicores}m/${memoryMiB}Mi`;
}

/** A name for each set of limits, in their order: `500m`, and where one CPU limit stands twice `500m-25mi`. */
export function limitNames(limits: readonly CompanionLimits[]): readonly string[] {
  const cpus = limits.map(({ cpuMillicores }) => cpuMillicores);
  const isUnique = new Set(cpus).size === cpus.length;
  return limits.map(({ cpuMillicores, memoryMiB }) =>
    isUnique ? `${cpuMillicores}m` : `${cpuMillicores}m-${memoryMiB}mi`,
  );
}

/** The proxy that is held to the limits of that name. */
export function proxyName(limit: string): string {
  return `${PROXY_PREFIX}${limit}`;
}

/** The load on the proxy of that name. */
export function loadName(limit: string): string {
  return `load-${limit}`;
}

/** The load on a proxy, by the proxy's own name; null for what is no proxy. */
export function loadOfProxy(name: string): string | null {
  return name.startsWith(PROXY_PREFIX) ? loadName(name.slice(PROXY_PREFIX.length)) : null;
}
