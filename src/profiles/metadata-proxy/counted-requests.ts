// How many requests a proxy says that it answered, to hold a load's own report against.
import type { CompanionEvidence } from '../../evidence/companion-model.ts';
import type { StageEvidence } from '../../evidence/evidence.ts';

const REQUESTS = /^request_count(?:\{|$)/;

/**
 * Null where its page cannot tell: it was not read after the load, or the proxy began anew and what it had counted is
 * lost. Where the first page came after the load's start, what stands on the last one: it counts from the proxy's start.
 */
export function countedRequests(input: {
  readonly companion: CompanionEvidence | undefined;
  readonly stage: StageEvidence | undefined;
}): number | null {
  const { pages, usage, growth = {}, metrics = {} } = input.companion ?? {};
  const { startedAtMs = null, finishedAtMs = null } = input.stage ?? {};
  if (pages === undefined || startedAtMs === null || finishedAtMs === null || pages.toMs < finishedAtMs) return null;
  if ((usage?.restarts ?? 0) > 0) return null;
  return pages.fromMs <= startedAtMs ? sumOf(growth) : Math.max(sumOf(growth), sumOf(metrics));
}

function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.entries(values).reduce((sum, [name, value]) => (REQUESTS.test(name) ? sum + value : sum), 0);
}
