import { describe, expect, it } from 'vitest';
import type { AbReport } from '../../../bench/metadata-proxy/ab.ts';
import { judgeRows } from '../../../bench/metadata-proxy/claims.ts';
import type { Row } from '../../../bench/metadata-proxy/row.ts';

const MIB = 1024 * 1024;

const report: AbReport = {
  serverSoftware: 'Metadata',
  documentBytes: 202,
  seconds: 50,
  complete: 200_000,
  failed: 0,
  failures: { connect: 0, receive: 0, length: 0, exceptions: 0 },
  notSuccessful: 0,
  requestsPerSecond: 4000,
  totalBytes: 1,
  p50Ms: 50,
  p90Ms: 80,
  p99Ms: 150,
  maxMs: 200,
};

const warm: Row = {
  scenario: '500m',
  who: 'ours',
  cpuMillicores: 500,
  memoryMiB: 25,
  pages: 'warm',
  concurrency: 200,
  requests: 200_000,
  report,
  gaveUp: null,
  ratio: 1.8,
  readyMs: 100,
  peakBytes: 25 * MIB,
  anonymousBytes: 4 * MIB,
  fileBytes: 0,
  kernelBytes: 0,
  refaults: 0,
  oomKills: 0,
  periods: 10,
  throttledPeriods: 9,
  cpuMicrosecondsPerRequest: 100,
  upstreamRequests: 2,
  alive: true,
  recovered: null,
};

function withReport(row: Row, changes: Partial<AbReport>): Row {
  return { ...row, report: { ...report, ...changes } };
}

/** The claims that do not hold, by how they begin. */
function broken(...rows: readonly Row[]): readonly string[] {
  return judgeRows(rows).flatMap(({ claim, holds }) => (holds ? [] : [claim.split(':')[0] ?? '']));
}

describe('judgeRows', () => {
  it('holds every claim at its very bound', () => {
    const cold: Row = { ...withReport(warm, { requestsPerSecond: 2000 }), pages: 'cold' };
    const claims = judgeRows([warm, cold]);
    expect(claims.map(({ holds }) => holds)).toEqual([true, true, true, true, true]);
  });

  it.each<[string, Row, string]>([
    ['ratio', { ...warm, ratio: 1.79 }, '500m, warm'],
    ['p99', withReport(warm, { p99Ms: 151 }), '500m, warm'],
    ['failed request', withReport(warm, { failed: 1 }), '500m, warm'],
    ['answer other than 2xx', withReport(warm, { notSuccessful: 1 }), '500m, warm'],
    ['request that was not made', withReport(warm, { complete: 199_999 }), '500m, warm'],
    ['peak', { ...warm, peakBytes: 25 * MIB + 100_000 }, 'never over 25 MiB, never killed for want of memory'],
    ['kill', { ...warm, oomKills: 1 }, 'never over 25 MiB, never killed for want of memory'],
  ])('breaks exactly one claim when only this is beyond its bound: %s', (_what, row, claim) => {
    expect(broken(row)).toEqual([claim]);
  });

  it('asks less of the smaller CPU limit, and nothing of its p99', () => {
    expect(broken({ ...withReport(warm, { p99Ms: 2000 }), scenario: '30m', ratio: 1.5 })).toEqual([]);
    expect(broken({ ...warm, scenario: '30m', ratio: 1.49 })).toEqual(['30m, warm']);
  });

  it('wants half of the warm rate from a cold start', () => {
    const cold: Row = { ...withReport(warm, { requestsPerSecond: 1999 }), pages: 'cold' };
    expect(broken(warm, cold)).toEqual(['500m']);
  });

  it('takes a load that ab gave up for a failure, and says why', () => {
    const gone: Row = { ...warm, report: null, ratio: null, gaveUp: 'reset after 12 requests' };
    const claims = judgeRows([gone]).filter(({ holds }) => !holds);
    expect(claims.map(({ measured }) => measured)).toEqual([
      'not both measured',
      'no report',
      'reset after 12 requests',
    ]);
  });

  it('counts a connection that was reset once, as ab reports it twice', () => {
    const row: Row = {
      ...withReport(warm, { failed: 2, failures: { connect: 0, receive: 1, length: 0, exceptions: 1 } }),
      scenario: 'overload',
      concurrency: 2000,
    };
    const [claim] = judgeRows([row]);
    expect(claim).toMatchObject({
      holds: false,
      measured: '1 broken connections, 2 failed, 0 answers other than 2xx, 200000 of 200000 done',
    });
  });

  it('lets a proxy without kept answers say that its upstream is gone, as long as it recovers', () => {
    const row: Row = { ...withReport(warm, { notSuccessful: 7, failed: 7 }), scenario: 'restart', recovered: true };
    expect(broken({ ...row, who: 'ours-passing' })).toEqual([]);
    expect(broken({ ...row, who: 'ours-passing', recovered: false })).toHaveLength(1);
    expect(broken(row)).toEqual(['upstream killed and restarted, with caching']);
  });

  it('claims nothing of servers that are only its measure', () => {
    expect(judgeRows([{ ...warm, who: 'pass-through', oomKills: 1, alive: false }])).toEqual([]);
  });
});
