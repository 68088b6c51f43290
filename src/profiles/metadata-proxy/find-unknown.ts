// What must be known, and agree, before a proxy is called passed.
import type { Plan } from '../../plan/plan.ts';
import { BYTES_PER_MIB, formatBytes, formatCount, formatDuration } from '../../quantities/quantities.ts';
import type { Finding } from '../judging/finding.ts';
import { LENT_BYTES } from './lent-memory.ts';
import type { Measured } from './measured.ts';

/** Why nothing can be said of a proxy under one set of limits; none where all of it is known. */
export function findUnknown(input: { readonly plan: Plan; readonly measured: Measured }): readonly Finding[] {
  const { label, load } = input.measured;
  const why = whyLoadUnknown(input.measured) ?? whyProxyUnknown(input);
  return why === null ? [] : [{ outcome: 'evidence-incomplete', stage: load, reason: `${label}: ${why}` }];
}

/** Of the load: that it told of what it was asked for, and that this proxy answered it. */
function whyLoadUnknown({ proxy, load, asked, report, counted }: Measured): string | null {
  if (report === null) return `${load} ended well and told nothing of what it measured`;
  if (report.cancelled === true) return `${load} was stopped before its end`;
  if (asked !== undefined && report.requests !== asked.requests) {
    return `${load} made ${formatCount(report.requests)} of the ${formatCount(asked.requests)} requests it was asked for`;
  }
  const well = report.completed - report.errors.status;
  if (well === 0) return `no request of ${load} was answered well, so that nothing was measured`;
  if (counted !== null && counted < well) {
    return `${load} was not answered by ${proxy}, which counted ${formatCount(counted)} requests of ${formatCount(well)}`;
  }
  return null;
}

/** Of the proxy: that its limits held it, and that somebody looked at it after the load. */
function whyProxyUnknown(input: { readonly plan: Plan; readonly measured: Measured }): string | null {
  const { proxy, load, stage, limits, companion, restarts } = input.measured;
  const { usage = null, usageAtMs } = companion ?? {};
  const note = companion?.note === undefined ? '' : ` (${companion.note})`;
  if (companion === undefined || usage === null) return `nothing was read of ${proxy}${note}`;
  if (companion.limits !== 'enforced') {
    const held = companion.limits === 'unknown' ? 'nobody can tell whether its limits held' : 'its limits did not hold';
    return `${held} ${proxy}${note}`;
  }
  // Limits are told one by one, and may have been lifted in between; the peak misses nothing.
  if ((usage.peakMemoryBytes ?? 0) > limits.memoryMiB * BYTES_PER_MIB + LENT_BYTES) {
    const used = formatBytes(usage.peakMemoryBytes ?? 0);
    return `its limits did not hold ${proxy}, which used ${used} of ${limits.memoryMiB} MiB`;
  }
  const endedAtMs = stage?.finishedAtMs ?? null;
  if (usageAtMs === undefined && input.plan.target.connection.reach !== 'host') {
    return `nobody can tell when the memory of ${proxy} was looked at${note}`;
  }
  if (usageAtMs !== undefined && endedAtMs !== null && usageAtMs < endedAtMs) {
    return `nobody looked at the memory of ${proxy} in the last ${formatDuration(endedAtMs - usageAtMs)} of ${load}`;
  }
  if (usage.peakMemoryBytes === null && usage.oomKills === null) {
    return `nobody can tell how much memory ${proxy} used, nor whether it was killed for want of it${note}`;
  }
  return restarts.since === null ? `nobody can tell whether ${proxy} began anew` : null;
}
