// A proxy's control API as the sampler needs it; the Clash API client is the first implementation.

/** One connection in a snapshot. */
export interface ControlConnection {
  readonly id: string;
  readonly client: string;
  readonly destination: string;
  readonly startMs: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

/** One reading of the proxy's counters. */
export interface ControlSnapshot {
  /** When it was read, this machine's clock. */
  readonly atMs: number;
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
  readonly connections: readonly ControlConnection[];
  readonly via: 'stream' | 'polling';
}

/** Speaks to one proxy's control API. */
export interface ControlClient {
  /** One reading. @throws UnreachableError */
  read(input: { readonly signal: AbortSignal }): Promise<ControlSnapshot>;
  /** Which life of the proxy is answering, where it tells; undefined otherwise. */
  instance(input: { readonly signal: AbortSignal }): Promise<string | undefined>;
  /**
   * Readings at `intervalMs` until `signal` aborts: by WebSocket, by polling while there is none. An outage is not an
   * error: readings stop, `onOutage` hears why, and they go on when the proxy is back.
   */
  readings(input: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
    readonly onOutage: (reason: string) => void;
  }): AsyncIterable<ControlSnapshot>;
}
