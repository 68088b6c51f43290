// What the files of a cgroup say of its use and its limits, for either version. Pure.
import type { CompanionUsage } from '../../../evidence/companion-model.ts';

/** What a cgroup knows; how often its program was started it does not. */
export type CgroupUsage = Omit<CompanionUsage, 'restarts'>;

/** Reads a file of the group; null where there is none. */
export type ReadGroupFile = (file: {
  readonly group: 'memory' | 'cpu' | 'cpuacct';
  readonly name: string;
}) => string | null;

/** From here on the older version means that there is no limit. */
const NO_LIMIT_BYTES = 2 ** 60;

/** Null fields for what this kernel does not tell. */
export function cgroupUsage(input: { readonly version: 1 | 2; readonly read: ReadGroupFile }): CgroupUsage {
  return input.version === 1 ? fromSeparate(input.read) : fromUnified(input.read);
}

function fromSeparate(read: ReadGroupFile): CgroupUsage {
  const memory = (name: string): number | null => numberOf(read({ group: 'memory', name: `memory.${name}` }));
  const cpu = (name: string): number | null => numberOf(read({ group: 'cpu', name: `cpu.${name}` }));
  const stat = fieldsOf(read({ group: 'cpu', name: 'cpu.stat' }));
  const limit = memory('limit_in_bytes');
  return {
    memoryBytes: memory('usage_in_bytes'),
    peakMemoryBytes: memory('max_usage_in_bytes'),
    memoryLimitBytes: limit === null || limit >= NO_LIMIT_BYTES ? null : limit,
    cpuLimitMillicores: millicores({ quota: cpu('cfs_quota_us'), period: cpu('cfs_period_us') }),
    cpuSeconds: scaled(numberOf(read({ group: 'cpuacct', name: 'cpuacct.usage' })), 1e9),
    periods: stat.get('nr_periods') ?? null,
    throttledPeriods: stat.get('nr_throttled') ?? null,
    throttledSeconds: scaled(stat.get('throttled_time') ?? null, 1e9),
    oomKills: fieldsOf(read({ group: 'memory', name: 'memory.oom_control' })).get('oom_kill') ?? null,
  };
}

function fromUnified(read: ReadGroupFile): CgroupUsage {
  const memory = (name: string): number | null => numberOf(read({ group: 'memory', name: `memory.${name}` }));
  const stat = fieldsOf(read({ group: 'cpu', name: 'cpu.stat' }));
  const [quota, period] = (read({ group: 'cpu', name: 'cpu.max' }) ?? '').split(' ').map(numberOf);
  return {
    memoryBytes: memory('current'),
    peakMemoryBytes: memory('peak'),
    memoryLimitBytes: memory('max'),
    cpuLimitMillicores: millicores({ quota: quota ?? null, period: period ?? null }),
    cpuSeconds: scaled(stat.get('usage_usec') ?? null, 1e6),
    periods: stat.get('nr_periods') ?? null,
    throttledPeriods: stat.get('nr_throttled') ?? null,
    throttledSeconds: scaled(stat.get('throttled_usec') ?? null, 1e6),
    oomKills: fieldsOf(read({ group: 'memory', name: 'memory.events' })).get('oom_kill') ?? null,
  };
}

/** `max` is no number, and no limit. */
function numberOf(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text.trim());
  return Number.isFinite(value) ? value : null;
}

/** Lines of a name and a number. */
function fieldsOf(text: string | null): ReadonlyMap<string, number> {
  return new Map(
    (text ?? '').split('\n').flatMap((line) => {
      const [name = '', value = ''] = line.split(' ');
      const number = numberOf(value);
      return number === null ? [] : [[name, number] as const];
    }),
  );
}

/** A quota below zero is none. */
function millicores(input: { readonly quota: number | null; readonly period: number | null }): number | null {
  const { quota, period } = input;
  return quota === null || period === null || quota < 0 || period <= 0 ? null : Math.round((quota / period) * 1000);
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}
