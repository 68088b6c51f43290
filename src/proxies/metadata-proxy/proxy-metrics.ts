// What the proxy counts of itself, as a Prometheus page.

const BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** How a request was dealt with. The original's two label values, which its users' alerts know. */
export type FilterResult = 'filter_result_blocked' | 'filter_result_proxied';

/** Where an answer came from. */
export type AnswerSource = 'upstream' | 'merged' | 'cache' | 'filter';

export const SOURCES: readonly AnswerSource[] = ['upstream', 'merged', 'cache', 'filter'];

/** Counters, gauges and the histogram of one proxy. */
export class ProxyMetrics {
  /** Requests under way, those that wait for a change left out. */
  inFlight = 0;
  /** Clients that wait for their turn. */
  queued = 0;
  /** Requests that wait for a change. */
  hanging = 0;
  upstreamErrors = 0;
  readonly #requests = new Map<string, number>();
  readonly #sources = new Map<AnswerSource, number>(SOURCES.map((source) => [source, 0]));
  readonly #buckets = BUCKETS_MS.map(() => 0);
  #observed = 0;
  #sumMs = 0;

  /** Counts one answered request. `durationMs` from its first byte, or from its connection where that came with it; null for one that waited for a change. */
  answered(input: {
    readonly status: number;
    readonly source: AnswerSource;
    readonly durationMs: number | null;
  }): void {
    const { status, source, durationMs } = input;
    const result: FilterResult = source === 'filter' ? 'filter_result_blocked' : 'filter_result_proxied';
    const labels = `{code="${status}",filter_result="${result}"}`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + 1);
    if (durationMs === null) return;
    this.#observed += 1;
    this.#sumMs += durationMs;
    const index = BUCKETS_MS.findIndex((limitMs) => durationMs <= limitMs);
    if (index >= 0) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  /** The page, in Prometheus' text format 0.0.4. */
  page({ requests }: { readonly requests: number }): string {
    const lines: string[] = [];
    const family = (name: string, type: string, help: string, rows: readonly (readonly [string, number])[]): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of rows) lines.push(`${name}${labels} ${value}`);
    };
    family('request_count', 'counter', 'Requests by filter result and response code.', [...this.#requests]);
    family(
      'metadata_proxy_answers_total',
      'counter',
      'Answers by where they came from.',
      [...this.#sources].map(([source, count]) => [`{source="${source}"}`, count] as const),
    );
    let below = 0;
    const name = 'metadata_proxy_request_duration_seconds';
    lines.push(`# HELP ${name} From request to answer, hanging gets left out.`, `# TYPE ${name} histogram`);
    for (const [index, limitMs] of BUCKETS_MS.entries()) {
      below += this.#buckets[index] ?? 0;
      lines.push(`${name}_bucket{le="${limitMs / 1000}"} ${below}`);
    }
    lines.push(`${name}_bucket{le="+Inf"} ${this.#observed}`);
    lines.push(`${name}_sum ${this.#sumMs / 1000}`, `${name}_count ${this.#observed}`);
    family('metadata_proxy_requests', 'gauge', 'Requests that have come and not been answered.', [['', requests]]);
    family('metadata_proxy_in_flight', 'gauge', 'Requests under way.', [['', this.inFlight]]);
    family('metadata_proxy_queued', 'gauge', 'Clients that wait for their turn.', [['', this.queued]]);
    family('metadata_proxy_hanging', 'gauge', 'Requests that wait for a change.', [['', this.hanging]]);
    family('metadata_proxy_upstream_errors_total', 'counter', 'Upstream requests that failed.', [
      ['', this.upstreamErrors],
    ]);
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', process.memoryUsage.rss()]]);
    const { user, system } = process.cpuUsage();
    family('process_cpu_seconds_total', 'counter', 'User and system time.', [['', (user + system) / 1e6]]);
    return `${lines.join('\n')}\n`;
  }
}
