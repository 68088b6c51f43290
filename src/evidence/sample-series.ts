// What a sampler hands over: the proxy's totals and connections over a run, and where nobody read them.
import type { CompanionReading } from './companion-model.ts';

/** A connection as the proxy's control API told of it, over the whole run. Bytes count from the run's baseline. */
export interface ObservedConnection {
  /** Source address without the port. */
  readonly client: string;
  /** Host name where known, else the address; with the port. */
  readonly destination: string;
  /** When it opened, the proxy's clock. */
  readonly startMs: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Of several that were merged into one: when the first and the last of them opened. `startMs` is the largest one's. */
  readonly mergedStarts?: { readonly fromMs: number; readonly toMs: number };
}

/** One reading of the proxy's totals, counted from the baseline and across restarts of the proxy. */
export interface TotalsPoint {
  readonly atMs: number;
  readonly totalBytes: number;
  /** The part of `totalBytes` that no connection seen so far explains. */
  readonly unexplainedBytes: number;
}

/** A stretch without readings, longer than the pace explains. `bytes` moved in it, known from the totals alone. */
export interface SamplingGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly reason: string;
  readonly cause?: 'proxy-silent' | 'proxy-restarted' | 'no-sampler' | 'journal';
  /** Set when more may have moved than `bytes`: the proxy began anew in it, or no reading came after it. */
  readonly mayHaveMore?: boolean;
}

/** What the sampler hands over: bounded in size, enough to cut by stages afterwards. */
export interface SampleSeries {
  readonly intervalMs: number;
  /** Ordered by time; the first is the baseline, with zero bytes. */
  readonly points: readonly TotalsPoint[];
  readonly connections: readonly ObservedConnection[];
  readonly gaps: readonly SamplingGap[];
  /** When the proxy's counters began anew. */
  readonly restartsAtMs: readonly number[];
  readonly readings: { readonly stream: number; readonly polling: number };
  /** Upload and download of the whole run, the proxy's own totals since the baseline. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Ordered by time, at most 120 of all companions together; the first and the last of each always. */
  readonly companions?: readonly CompanionReading[];
}
