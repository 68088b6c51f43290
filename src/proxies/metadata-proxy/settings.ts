// What the lean program is given: plain data, checked before it gets here.
import type { FilterRules } from './filter-rules.ts';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** All that a metadata proxy needs to know. */
export interface MetadataProxySettings {
  /** Default 127.0.0.1:988. */
  readonly listen: ListenAddress;
  /** Metrics and health. Default 127.0.0.1:989. */
  readonly metrics: ListenAddress;
  /** Base URL of the metadata server, without a path. Default http://169.254.169.254. */
  readonly upstream: string;
  readonly rules: FilterRules;
  /** Requests that are worked on at the same time; those beyond it wait their turn. Default 100. */
  readonly maxConnections: number;
  /** Equal reads at the same time share one upstream request. Default true. */
  readonly merge: boolean;
  /** Answers are kept as long as they say that they may be. Default true. */
  readonly cache: boolean;
  /** A token is no longer given from the cache when it ends within this. Default 300,000 ms. */
  readonly tokenMarginMs: number;
  /** How long a client may send nothing in the middle of a request, or between two; whole seconds, 255 at the most. Default 60,000 ms. */
  readonly clientTimeoutMs: number;
  /** How long the upstream may take; of a hanging get, beyond its own timeout_sec. Default 60,000 ms. */
  readonly upstreamTimeoutMs: number;
  /** Longest hanging get without a timeout_sec of its own. Default 3,600,000 ms. */
  readonly longestWaitMs: number;
  /** How long a stop waits for the requests under way. Default 10,000 ms. */
  readonly stopGraceMs: number;
  /** One line on standard error for each request. Default false. */
  readonly accessLog: boolean;
}
