// What is read of the programs that run beside a run's stages, and what follows from it.

/** What a companion has used since it was made, through all its restarts. Null where whoever keeps it does not tell. */
export interface CompanionUsage {
  readonly memoryBytes: number | null;
  /** The most at any moment, the kernel's own count: no reading can miss it. */
  readonly peakMemoryBytes: number | null;
  /** What is enforced, not what was asked for; null also where nothing is. */
  readonly memoryLimitBytes: number | null;
  /** What is enforced, in thousandths of one CPU; null also where nothing is. */
  readonly cpuLimitMillicores: number | null;
  readonly cpuSeconds: number | null;
  /** Periods of the CPU quota in which it ran, and those of them in which it was held back. */
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  readonly restarts: number | null;
  readonly oomKills: number | null;
}

/** One reading of one companion. */
export interface CompanionReading {
  readonly name: string;
  /** The target's clock. */
  readonly atMs: number;
  /** Its page, by name and labels as they stand there: `requests_total{verb="GET"}`. Empty where it has none or did not answer. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly usage: CompanionUsage | null;
  /** When whoever keeps `usage` looked, where that was earlier than `atMs`: a kubelet does every 10 to 30 s. */
  readonly usageAtMs?: number;
  /**
   * Which of its ends, counted from 1, were for its memory, where a status tells that remembers only the last two; of
   * `usage.oomKills` a kubelet then counts each start by itself.
   */
  readonly oomKilledEnds?: readonly number[];
  /** Why something that was asked for is not there: `no right to read nodes/proxy`. */
  readonly note?: string;
}

/** What a companion did between the two readings that lie closest around a stage. */
export interface CompanionStageEvidence {
  readonly stage: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** As in `CompanionEvidence`. */
  readonly growth: Readonly<Record<string, number>>;
  /** Growth of what only ever grows, between looks on both sides of the stage; null where there are none, and as there. */
  readonly used: Pick<CompanionUsage, 'cpuSeconds' | 'periods' | 'throttledPeriods' | 'throttledSeconds'>;
  /** Restarts until the reading before the stage; absent where it told none. */
  readonly restartsBefore?: number;
}

/** What was read of one companion. */
export interface CompanionEvidence {
  readonly name: string;
  /** How many readings this is told from; 0 where it was never seen. */
  readonly readings: number;
  /** Of the last reading that told it, each field by itself; null where no reading told any. */
  readonly usage: CompanionUsage | null;
  /** When the last memory and CPU were looked at, where their keeper tells; what came after is in none of it. */
  readonly usageAtMs?: number;
  /** When the first and the last page were read; absent where none was. */
  readonly pages?: { readonly fromMs: number; readonly toMs: number };
  /** The last page that was read. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Growth of each counter from the first page to the last; one that fell began anew, and counts from zero there. */
  readonly growth: Readonly<Record<string, number>>;
  /** For stages that have a reading before and one after. */
  readonly stages: readonly CompanionStageEvidence[];
  /** Whether its limits held it: `none` had none, `unknown` where nobody could tell. */
  readonly limits: 'none' | 'enforced' | 'not-enforced' | 'unknown';
  /** Why less is known than was asked for. */
  readonly note?: string;
}
