// Which requests are still to be begun, and which of them count: warm-up first, then as many or as long as was asked.

/** Part of a load that does not count: its first requests, or its first milliseconds. */
export type WarmUp = { readonly requests: number } | { readonly ms: number };

export interface BudgetSettings {
  readonly warmUp: WarmUp;
  /** Counted requests; null for no bound. */
  readonly requests: number | null;
  /** Length of the counted part; null for no bound. */
  readonly durationMs: number | null;
}

export type Turn = 'warm-up' | 'counted' | 'over';

export class Budget {
  readonly #settings: BudgetSettings;
  #warmUps = 0;
  #counted = 0;
  #countedFromMs: number | null;

  constructor(settings: BudgetSettings) {
    this.#settings = settings;
    this.#countedFromMs = 'ms' in settings.warmUp ? settings.warmUp.ms : null;
  }

  /** What a request at `atMs` after the start would be; moments must not go backwards. */
  peek(atMs: number): Turn {
    const { warmUp, requests, durationMs } = this.#settings;
    if ('ms' in warmUp ? atMs < warmUp.ms : this.#warmUps < warmUp.requests) return 'warm-up';
    if (requests !== null && this.#counted >= requests) return 'over';
    if (durationMs !== null && atMs >= (this.#countedFromMs ?? atMs) + durationMs) return 'over';
    return 'counted';
  }

  /** Takes one request at `atMs`, unless it is over. */
  take(atMs: number): Turn {
    const turn = this.peek(atMs);
    if (turn === 'warm-up') this.#warmUps += 1;
    if (turn !== 'counted') return turn;
    this.#countedFromMs ??= atMs;
    this.#counted += 1;
    return turn;
  }

  /** Start of the counted part, after the start of all; null while warm-up by requests goes on. */
  get countedFromMs(): number | null {
    return this.#countedFromMs;
  }

  /** Requests given out so far, warm-up among them. */
  get taken(): number {
    return this.#warmUps + this.#counted;
  }
}
