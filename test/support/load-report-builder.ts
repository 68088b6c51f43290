// A load's report whose sums agree, for tests to say only what they are about.
import { type ErrorClass, type LoadReport, type Times, writeLoadReport } from '../../src/load/load-report.ts';

const NO_ERRORS = { refused: 0, reset: 0, timeout: 0, malformed: 0, status: 0, other: 0 };

/** Times around `p50Ms`. */
export function buildTimes(p50Ms: number): Times {
  return {
    minMs: p50Ms / 2,
    meanMs: p50Ms,
    sdMs: p50Ms / 4,
    p50Ms,
    p66Ms: p50Ms * 1.1,
    p75Ms: p50Ms * 1.2,
    p80Ms: p50Ms * 1.3,
    p90Ms: p50Ms * 1.4,
    p95Ms: p50Ms * 1.5,
    p98Ms: p50Ms * 1.6,
    p99Ms: p50Ms * 2,
    p999Ms: p50Ms * 3,
    maxMs: p50Ms * 4,
  };
}

/** As a stage leaves it. `reset` of the requests got no answer. */
export function buildReportText(
  input: { readonly requests?: number; readonly reset?: number } & Partial<LoadReport> = {},
): string {
  const { requests = 5_000, reset = 0, ...overrides } = input;
  const errors: Record<ErrorClass, number> = { ...NO_ERRORS, reset };
  const report: LoadReport = {
    version: 1,
    shape: 'closed',
    connections: 200,
    keepAlive: false,
    requests,
    completed: requests - reset,
    failed: reset,
    errors,
    statuses: { 200: requests - reset },
    durationMs: 1_612.9,
    requestsPerSecond: 3_100.4,
    receivedBytes: requests * 430,
    transferBytesPerSecond: 1_333_000,
    connect: buildTimes(0.4),
    processing: buildTimes(47),
    waiting: buildTimes(46),
    total: buildTimes(48),
    ...overrides,
  };
  return writeLoadReport(report);
}
