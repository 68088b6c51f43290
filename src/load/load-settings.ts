// Everything that a load is made from: plain, checked data that can cross threads.
import type { WarmUp } from './budget.ts';

export interface LoadSettings {
  /** Name or address, as in the URL. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as sent. */
  readonly path: string;
  readonly method: string;
  /** Beside Host and Connection, in this order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly http: '1.0' | '1.1';
  /** Else a connection for each request. */
  readonly keepAlive: boolean;
  /** Most connections at one time, over all threads. */
  readonly connections: number;
  /** Counted requests over all threads; null: until `durationMs`. */
  readonly requests: number | null;
  /** Length of the counted part, in which requests are begun; null: until `requests`. */
  readonly durationMs: number | null;
  /** Null: a closed loop, each connection as fast as it is answered. */
  readonly open: OpenSettings | null;
  readonly warmUp: WarmUp;
  /** For one request, dialling included. */
  readonly timeoutMs: number;
  readonly threads: number;
}

export interface OpenSettings {
  /** Over all threads. */
  readonly ratePerSecond: number;
  readonly arrivals: 'poisson' | 'constant';
  /** Of the chance in `poisson`. */
  readonly seed: number;
}

/** The part of one thread out of `settings.threads`: whole numbers are shared out so that nothing is lost; the rate stays whole. */
export function shareOf(input: { readonly settings: LoadSettings; readonly thread: number }): LoadSettings {
  const { settings, thread } = input;
  const { threads, open, warmUp, requests, connections } = settings;
  const part = (whole: number): number => Math.floor(whole / threads) + (thread < whole % threads ? 1 : 0);
  return {
    ...settings,
    connections: part(connections),
    requests: requests === null ? null : part(requests),
    warmUp: 'ms' in warmUp ? warmUp : { requests: part(warmUp.requests) },
    open: open === null ? null : { ...open, seed: open.seed + thread },
  };
}
