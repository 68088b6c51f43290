// One line of the benchmark: who was measured, under what, and what came of it.
import type { AbReport } from './ab.ts';
import type { Bout, Pages } from './contender.ts';

/** A part of the benchmark that can be run by itself. */
export type Scenario = 'upstream' | '500m' | '30m' | 'overload' | 'restart' | 'long';

/** Those that are run when none is named; `long` takes ten minutes. */
export const SCENARIOS: readonly Scenario[] = ['upstream', '500m', '30m', 'overload', 'restart'];
export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, 'long'];

/** Who was measured. `ours` merges equal reads and keeps answers, `ours-passing` does neither. */
export type Who = 'upstream' | 'pass-through' | 'pass-through-pooled' | 'ours' | 'ours-passing';

/** All figures plain: this is also what `--output json` prints. */
export interface Row {
  readonly scenario: Scenario;
  readonly who: Who;
  readonly cpuMillicores: number | null;
  readonly memoryMiB: number | null;
  readonly pages: Pages | null;
  readonly concurrency: number;
  /** As many as were asked for. */
  readonly requests: number;
  /** Null where ab gave up, and `gaveUp` says why. */
  readonly report: AbReport | null;
  readonly gaveUp: string | null;
  /** Requests per second over those of the pass-through in 128 MiB under the same CPU limit. */
  readonly ratio: number | null;
  /** From its first instruction to its first answer; null outside of a group. */
  readonly readyMs: number | null;
  readonly peakBytes: number | null;
  readonly anonymousBytes: number | null;
  readonly fileBytes: number | null;
  readonly kernelBytes: number | null;
  readonly refaults: number | null;
  readonly oomKills: number | null;
  /** Of the load alone. */
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
  readonly cpuMicrosecondsPerRequest: number | null;
  /** Requests that reached the upstream during the load; null where it was restarted meanwhile. */
  readonly upstreamRequests: number | null;
  /** Whether the server still ran at the end. */
  readonly alive: boolean;
  /** Once the upstream was back, every client was served again; null where it never went. */
  readonly recovered: boolean | null;
}

/** A row's figures out of a bout. */
export function rowOf(
  input: Pick<Row, 'scenario' | 'who' | 'cpuMillicores' | 'memoryMiB' | 'pages' | 'concurrency' | 'requests'> & {
    readonly bout: Bout;
    readonly upstreamRequests: number | null;
    readonly recovered: boolean | null;
    /** Requests per second of the peer, when it has been measured. */
    readonly peerPerSecond: number | null;
  },
): Row {
  const { bout, peerPerSecond, ...told } = input;
  const { before, after, outcome } = bout;
  const report = outcome.ended === 'reported' ? outcome.report : null;
  return {
    ...told,
    report,
    gaveUp: outcome.ended === 'gave-up' ? `${outcome.why} after ${outcome.complete} requests` : null,
    ratio: report === null || peerPerSecond === null ? null : report.requestsPerSecond / peerPerSecond,
    readyMs: bout.readyMs,
    peakBytes: after.peakBytes,
    anonymousBytes: after.anonymousBytes,
    fileBytes: after.fileBytes,
    kernelBytes: after.kernelBytes,
    refaults: after.refaults,
    oomKills: after.oomKills,
    periods: after.periods - before.periods,
    throttledPeriods: after.throttledPeriods - before.throttledPeriods,
    cpuMicrosecondsPerRequest:
      report === null || report.complete === 0
        ? null
        : ((after.cpuSeconds - before.cpuSeconds) / report.complete) * 1e6,
    alive: bout.alive,
  };
}

/** Connections that were refused, reset or broken; ab counts one that was reset as `receive` and as `exceptions`. */
export function brokenConnections({ failures }: AbReport): number {
  return failures.connect + Math.max(failures.receive, failures.exceptions);
}
