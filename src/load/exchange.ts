// One request and its answer, as a lane tells of it. Lanes use the same object again: read it at once.
import type { ErrorClass } from './load-report.ts';

export interface Exchange {
  /** When dialling began, or on a kept connection the request. */
  startedMs: number;
  /** When the connection was there; null on a kept one. */
  connectedMs: number | null;
  writtenMs: number;
  firstByteMs: number;
  /** When the last byte came, or the failure. */
  endedMs: number;
  /** Why there is no whole answer; null when there is one. */
  failure: Exclude<ErrorClass, 'status'> | null;
  /** What happened, for people; empty without a failure. */
  message: string;
  /** Of a whole answer. */
  status: number;
  receivedBytes: number;
}

/** A place for one request at a time. */
export interface Lane {
  /** Sends the request; `onEnd` is called once, later, when the lane is free again. */
  send(onEnd: (exchange: Exchange) => void): void;
  /** Gives up what is under way without a word, and closes. */
  close(): void;
}
