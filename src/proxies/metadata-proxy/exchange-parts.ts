// What every way of answering a request needs: the proxy's parts, the request itself, and how its end is told.
import { emptyAnswer, responseOf } from './answer.ts';
import { type BodyRoom, NoRoomError } from './body-room.ts';
import { once } from './once.ts';
import type { AnswerSource, ProxyMetrics } from './proxy-metrics.ts';
import type { MetadataProxySettings } from './settings.ts';
import type { SharedAnswers } from './shared-answers.ts';
import type { EndTurn, Turns } from './turns.ts';
import type { Upstream } from './upstream.ts';
import type { Waits } from './waits.ts';

/** One answered request, for those who write them down. */
export interface AnsweredRequest {
  readonly request: Request;
  readonly status: number;
  readonly source: AnswerSource;
  readonly durationMs: number;
}

/** What an exchange needs of its surroundings. */
export interface ExchangeParts {
  readonly settings: MetadataProxySettings;
  readonly upstream: Upstream;
  readonly answers: SharedAnswers;
  readonly turns: Turns;
  readonly waits: Waits;
  readonly room: BodyRoom;
  /** Bytes of large headers, and of bodies, that are held by requests under way. */
  readonly requestRoom: Turns;
  readonly metrics: ProxyMetrics;
  readonly onAnswered: ((answered: AnsweredRequest) => void) | null;
}

/** One request that was let through. */
export interface Read {
  readonly parts: ExchangeParts;
  readonly request: Request;
  readonly target: string;
  readonly isWait: boolean;
  readonly startedAtMs: number;
  /** Called before a wait, which may be longer than a client may be silent. */
  readonly onWait: () => void;
}

/** Counts one answer, and has it written down where that is wanted. A wait for a change is not timed. */
export function tellAnswered(
  read: Pick<Read, 'parts' | 'request' | 'startedAtMs'> & { readonly isWait?: boolean },
  { status, source }: { readonly status: number; readonly source: AnswerSource },
): void {
  const { parts, request, startedAtMs, isWait = false } = read;
  const durationMs = performance.now() - startedAtMs;
  parts.metrics.answered({ status, source, durationMs: isWait ? null : durationMs });
  parts.onAnswered?.({ request, status, source, durationMs });
}

/** The answer, or 502 where it cannot be had. Never throws. */
export async function orBadGateway(read: Read, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch {
    // A client that has gone reads no answer.
    if (!read.request.signal.aborted) tellAnswered(read, { status: 502, source: 'upstream' });
    return responseOf(emptyAnswer(502));
  }
}

/** Counts what has failed, once for all who share it; what was given up since everybody has gone has not failed. */
export async function counted<T>(
  input: { readonly metrics: ProxyMetrics; readonly signal: AbortSignal },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (!input.signal.aborted && !(thrown instanceof NoRoomError)) input.metrics.upstreamErrors += 1;
    throw thrown;
  }
}

/** The answer when the request's turn has come, or 502. Never throws. Thousands may wait: nothing is begun for them before. */
export function inTurn(read: Read, answer: (endTurn: EndTurn) => Promise<Response>): Promise<Response> {
  const { metrics, turns } = read.parts;
  read.onWait();
  return turns.take(read.request).then(
    (endTurn) => {
      metrics.inFlight += 1;
      const end = once(() => {
        metrics.inFlight -= 1;
        endTurn();
      });
      return orBadGateway(read, () => answer(end));
    },
    // Its client has gone.
    () => responseOf(emptyAnswer(502)),
  );
}

/** How long the upstream may take: for a wait, beyond what the wait itself may. */
export function upstreamTimeMs({ target, isWait, parts: { settings } }: Read): number {
  if (!isWait) return settings.upstreamTimeoutMs;
  const seconds = /[?&;]timeout_sec=(\d{1,6})(?:[&;]|$)/.exec(target)?.[1];
  if (seconds === undefined) return settings.longestWaitMs;
  return Math.min(Number(seconds) * 1000, settings.longestWaitMs) + settings.upstreamTimeoutMs;
}
