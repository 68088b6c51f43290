// The use of a companion of which nobody tells anything.
import type { CompanionUsage } from './companion-model.ts';

export const UNKNOWN_USAGE: CompanionUsage = {
  memoryBytes: null,
  peakMemoryBytes: null,
  memoryLimitBytes: null,
  cpuLimitMillicores: null,
  cpuSeconds: null,
  periods: null,
  throttledPeriods: null,
  throttledSeconds: null,
  restarts: null,
  oomKills: null,
};
