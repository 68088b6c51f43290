// What must be true of a passed run of a metadata proxy profile with two sets of limits, wherever it ran.
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { parseLoadReport } from '../../src/load/load-report.ts';
import { LENT_BYTES } from '../../src/profiles/metadata-proxy/lent-memory.ts';
import { loadOfProxy } from '../../src/profiles/metadata-proxy/names.ts';

export const SMALL_METADATA_PROFILE = 'metadata-proxy-small';
const BYTES_PER_MIB = 1_048_576;

/** What is not as it must be; empty when every claim holds. */
export function brokenMetadataClaims({ plan, verdict, evidence }: ResultDocument): readonly string[] {
  const limited = (plan.companions ?? []).filter(({ limits }) => limits !== undefined);
  const proxies = limited.map(({ name }) => evidence.companions?.find((each) => each.name === name));
  const loads = limited.map(({ name }) => evidence.stages.find(({ stage }) => stage === loadOfProxy(name)));
  const asked = loads.map((load) => plan.stages.find(({ name }) => name === load?.stage)?.load?.requests ?? Number.NaN);
  const reports = loads.map((load) => (load?.report === undefined ? null : parseLoadReport(load.report)));
  const claims: readonly (readonly [string, boolean])[] = [
    ['two proxies with limits of their own were measured', limited.length === 2],
    ['the run passed', verdict.outcome === 'passed'],
    ['both loads passed', loads.every((load) => load?.state === 'passed')],
    ['each load made its requests', reports.every((report, index) => report?.completed === asked[index])],
    ['no request failed', reports.every((report) => report?.failed === 0)],
    ['both proxies were held by their limits', proxies.every((proxy) => proxy?.limits === 'enforced')],
    [
      'no proxy used more than it may',
      proxies.every(
        (proxy, index) =>
          (proxy?.usage?.peakMemoryBytes ?? Number.NaN) <=
          (limited[index]?.limits?.memoryMiB ?? Number.NaN) * BYTES_PER_MIB + LENT_BYTES,
      ),
    ],
    ['no proxy was killed for want of memory', proxies.every((proxy) => proxy?.usage?.oomKills === 0)],
    ['no proxy began anew', proxies.every((proxy) => proxy?.usage?.restarts === 0)],
    ['the smaller CPU limit held its proxy back', (proxies[1]?.usage?.throttledPeriods ?? 0) > 0],
    [
      'each proxy counted the requests of its load, and no others',
      proxies.every((proxy, index) => answered(proxy?.growth ?? {}) === asked[index]),
    ],
    ['there is a row for each limit and four for each in the second table', rowsOf(verdict) === '2 8'],
  ];
  return claims.filter(([, holds]) => !holds).map(([claim]) => claim);
}

/** Growth of the answers that were let through. */
function answered(growth: Readonly<Record<string, number>>): number {
  const counted = Object.entries(growth).filter(([name]) => /^request_count\{.*filter_result_proxied/.test(name));
  return counted.reduce((sum, [, count]) => sum + count, 0);
}

function rowsOf({ tables = [] }: ResultDocument['verdict']): string {
  return tables.map(({ rows }) => rows.length).join(' ');
}
