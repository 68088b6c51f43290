// What the metadata proxy is claimed to do, each against the rows of one run.
import { LENT_BYTES } from '../../src/profiles/metadata-proxy/lent-memory.ts';
import { brokenConnections, type Row, type Scenario, type Who } from './row.ts';
import type { Pages } from './contender.ts';

/** A sentence, what was measured, and whether the one bears the other out. */
export interface Claim {
  readonly claim: string;
  readonly measured: string;
  readonly holds: boolean;
}

const LEAST_RATIO_500M = 1.8;
const LEAST_RATIO_30M = 1.5;
const MOST_P99_MS = 150;
const LEAST_COLD_SHARE = 0.5;
const MEMORY_MIB = 25;
const MIB = 1024 * 1024;

/** Those claims that the rows speak of: with `--only`, fewer than all. */
export function judgeRows(rows: readonly Row[]): readonly Claim[] {
  const ours = rows.filter(({ who }) => who === 'ours' || who === 'ours-passing');
  const fast = find(rows, '500m', 'ours', 'warm');
  const slow = find(rows, '30m', 'ours', 'warm');
  return [
    ...(fast === undefined ? [] : [ratioClaim(fast, LEAST_RATIO_500M), p99Claim(fast)]),
    ...(slow === undefined ? [] : [ratioClaim(slow, LEAST_RATIO_30M)]),
    ...[fast, slow, find(rows, 'long', 'ours', 'warm')].flatMap((row) =>
      row === undefined ? [] : [completeClaim(row)],
    ),
    ...coldClaim(fast, find(rows, '500m', 'ours', 'cold')),
    ...coldClaim(slow, find(rows, '30m', 'ours', 'cold')),
    ...rows.filter(({ scenario, who }) => scenario === 'overload' && isOurs(who)).map(overloadClaim),
    ...rows.filter(({ scenario, who }) => scenario === 'restart' && isOurs(who)).map(restartClaim),
    ...(ours.length === 0 ? [] : [memoryClaim(ours)]),
  ];
}

function find(rows: readonly Row[], scenario: Scenario, who: Who, pages: Pages): Row | undefined {
  return rows.find((row) => row.scenario === scenario && row.who === who && row.pages === pages);
}

function isOurs(who: Who): boolean {
  return who === 'ours' || who === 'ours-passing';
}

function ratioClaim(row: Row, least: number): Claim {
  return {
    claim: `${row.scenario}, warm: at least ${least} times the pass-through in 128 MiB`,
    measured: row.ratio === null ? 'not both measured' : `${row.ratio.toFixed(2)} times`,
    holds: row.ratio !== null && row.ratio >= least,
  };
}

function p99Claim({ scenario, report }: Row): Claim {
  return {
    claim: `${scenario}, warm: p99 at most ${MOST_P99_MS} ms`,
    measured: report === null ? 'no report' : `${report.p99Ms} ms`,
    holds: report !== null && report.p99Ms <= MOST_P99_MS,
  };
}

function completeClaim(row: Row): Claim {
  return {
    claim: `${row.cpuMillicores ?? ''}m, warm: none of ${row.requests} requests fails`,
    measured: row.gaveUp ?? failuresOf(row),
    holds: isComplete(row),
  };
}

function coldClaim(warm: Row | undefined, cold: Row | undefined): readonly Claim[] {
  if (warm === undefined || cold === undefined) return [];
  const share = (cold.report?.requestsPerSecond ?? 0) / (warm.report?.requestsPerSecond ?? Infinity);
  const claim = `${cold.scenario}: cold at least half of warm, and nothing fails`;
  const measured = `${share.toFixed(2)} of it, ${cold.gaveUp ?? failuresOf(cold)}`;
  return [{ claim, measured, holds: share >= LEAST_COLD_SHARE && isComplete(cold) }];
}

function overloadClaim(row: Row): Claim {
  const broken = row.report === null ? null : brokenConnections(row.report);
  return {
    claim: `${row.concurrency} clients, ${row.pages ?? ''}${row.who === 'ours' ? '' : ', caching and merging off'}: no connection is reset, no request fails`,
    measured: row.gaveUp ?? `${broken ?? 0} broken connections, ${failuresOf(row)}`,
    holds: broken === 0 && isComplete(row),
  };
}

/** Without an upstream and without a kept answer a proxy can only say so: answers count here, not their status. */
function restartClaim(row: Row): Claim {
  const broken = row.report === null ? null : brokenConnections(row.report);
  const bad = row.report?.notSuccessful ?? 0;
  const caching = row.who === 'ours';
  return {
    claim: caching
      ? 'upstream killed and restarted, with caching: clients see nothing of it'
      : 'upstream killed and restarted, no caching: every client gets an answer, and afterwards what it asked for',
    measured: row.gaveUp ?? `${broken ?? 0} broken connections, ${bad} answers other than 2xx`,
    holds: broken === 0 && row.alive && row.recovered === true && (!caching || bad === 0),
  };
}

function memoryClaim(ours: readonly Row[]): Claim {
  const peakBytes = Math.max(...ours.map((row) => row.peakBytes ?? 0));
  const kills = ours.reduce((sum, { oomKills }) => sum + (oomKills ?? 0), 0);
  return {
    claim: `never over ${MEMORY_MIB} MiB, never killed for want of memory`,
    measured: `peak ${(peakBytes / MIB).toFixed(3)} MiB, ${kills} kills, ${ours.filter(({ alive }) => !alive).length} ended`,
    holds: peakBytes <= MEMORY_MIB * MIB + LENT_BYTES && kills === 0 && ours.every(({ alive }) => alive),
  };
}

function isComplete({ report, requests, alive }: Row): boolean {
  return alive && report !== null && report.complete === requests && report.failed === 0 && report.notSuccessful === 0;
}

function failuresOf({ report, requests }: Row): string {
  if (report === null) return 'no report';
  const { failed, notSuccessful, complete } = report;
  return `${failed} failed, ${notSuccessful} answers other than 2xx, ${complete} of ${requests} done`;
}
