// What a kubelet's page of container metrics (/metrics/cadvisor) says of one container. Pure.
import type { CompanionUsage } from '../../evidence/companion-model.ts';
import type { MetricSample } from '../companions/prometheus-text.ts';

/** What the page knows; how often a container was started is in its Pod's status. */
export type ContainerUsage = Omit<CompanionUsage, 'restarts'>;

/** A page, and the container that is asked for. */
export interface ContainerSamples {
  readonly samples: readonly MetricSample[];
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly containerId: string | null;
}

const MILLICORES_PER_CPU = 1_000;

/**
 * By the container's names, or by the runtime's name for it in its cgroup's: a kubelet that was not told where its runtime
 * listens knows containers by their cgroups alone. Each field null where the page does not have it:
 * `container_oom_events_total` is new, and limits are there only where some are set. A container that was started again may
 * be on the page twice for a while: the largest of each is taken. Null for one that nobody has looked at yet: it is on the
 * page with a memory of 0, which no program has.
 */
export function containerUsage(input: ContainerSamples): ContainerUsage | null {
  const own = ownSamples(input);
  if (own.length === 0) return null;
  const value = (name: string): number | null => {
    const values = own.filter((sample) => sample.name === `container_${name}`).map((sample) => sample.value);
    return values.length === 0 ? null : Math.max(...values);
  };
  const memoryBytes = value('memory_usage_bytes');
  if (memoryBytes === 0) return null;
  const limit = value('spec_memory_limit_bytes');
  const [quota, period] = [value('spec_cpu_quota'), value('spec_cpu_period')];
  return {
    memoryBytes,
    peakMemoryBytes: value('memory_max_usage_bytes'),
    memoryLimitBytes: limit === 0 ? null : limit,
    cpuLimitMillicores:
      quota === null || period === null || quota <= 0 || period <= 0
        ? null
        : Math.round((quota / period) * MILLICORES_PER_CPU),
    cpuSeconds: value('cpu_usage_seconds_total'),
    periods: value('cpu_cfs_periods_total'),
    throttledPeriods: value('cpu_cfs_throttled_periods_total'),
    throttledSeconds: value('cpu_cfs_throttled_seconds_total'),
    oomKills: value('oom_events_total'),
  };
}

/**
 * When the kubelet looked at its memory last, which it does every 10 to 30 s; null where the page does not say. Other lines
 * have other moments: `container_last_seen` that of the very reading of the page.
 */
export function containerLookedAtMs(input: ContainerSamples): number | null {
  const looks = ownSamples(input).filter(({ name }) => name === 'container_memory_usage_bytes');
  const moments = looks.flatMap(({ atMs }) => (atMs === undefined ? [] : [atMs]));
  return moments.length === 0 ? null : Math.max(...moments);
}

function ownSamples({ samples, namespace, pod, container, containerId }: ContainerSamples): readonly MetricSample[] {
  return samples.filter(
    ({ labels }) =>
      (labels['namespace'] === namespace && labels['pod'] === pod && labels['container'] === container) ||
      (containerId !== null && labels['id']?.includes(containerId) === true),
  );
}
