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
  /** When it was read: this machine's clock, or that of whoever recorded it. */
  readonly atMs: number;
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
  readonly connections: readonly ControlConnection[];
  readonly via: 'stream' | 'polling';
  /** Its place in a recording, from 1; absent for one that was read from here. */
  readonly sequence?: number;
}

/** Speaks to one proxy's control API. */
export interface ControlClient {
  /** The clock that readings are stamped with; absent for this machine's. */
  readonly now?: () => number;
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
