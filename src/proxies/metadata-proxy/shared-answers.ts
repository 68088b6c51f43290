// Equal reads at the same time share one upstream request, and an answer that may be kept is given again.
import type { Answer } from './answer.ts';
import { type FreshAnswer, freshnessOf } from './freshness.ts';
import { once } from './once.ts';
import type { AnswerSource } from './proxy-metrics.ts';

/** Documents kept at a time; the one that was not asked for the longest gives way. */
const MAX_KEPT = 64;
const MAX_KEPT_BYTES = 64 * 1024;

interface Kept {
  readonly fresh: FreshAnswer;
  readonly sinceMs: number;
}

/** An answer whose bytes are somebody's to give back. */
export interface HeldAnswer {
  readonly answer: Answer;
  /** Called once, when nobody needs the bytes any more. */
  readonly release: () => void;
}

/** What one reader is given. */
export interface SharedAnswer {
  readonly answer: Answer;
  readonly source: AnswerSource;
  /** To be called when this reader's client has it. */
  readonly end: () => void;
}

type ReadAnswer = (signal: AbortSignal) => Promise<HeldAnswer>;

interface Flight {
  readonly held: Promise<HeldAnswer>;
  readonly abort: AbortController;
  readers: number;
}

/** What is known of upstream documents, by key. */
export class SharedAnswers {
  readonly #kept = new Map<string, Kept>();
  readonly #flights = new Map<string, Flight>();
  readonly #options: { readonly merge: boolean; readonly cache: boolean; readonly tokenMarginMs: number };
  readonly #nowMs: () => number;

  /** @param nowMs a clock that never goes back */
  constructor(
    options: { readonly merge: boolean; readonly cache: boolean; readonly tokenMarginMs: number },
    nowMs: () => number = () => performance.now(),
  ) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** The answer if it is kept and still holds; never waits. */
  kept(key: string): Answer | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    const answer = kept.fresh.at(this.#nowMs() - kept.sinceMs);
    this.#kept.delete(key);
    // The map's order is that of use.
    if (answer !== null) this.#kept.set(key, kept);
    return answer;
  }

  /**
   * The kept answer, that of a read under way, or that of a new one. `signal` ends this reader's wait; the upstream
   * request ends with its last reader. An answer that sets a cookie is its first reader's alone: others read again.
   * @throws what `read` throws, for every reader; what `signal` aborts with
   */
  async get(input: {
    readonly key: string;
    readonly read: ReadAnswer;
    readonly signal: AbortSignal;
    /** Default true. */
    readonly mayKeep?: boolean;
  }): Promise<SharedAnswer> {
    const { key, signal, mayKeep = true } = input;
    signal.throwIfAborted();
    const kept = mayKeep ? this.kept(key) : null;
    if (kept !== null) return { answer: kept, source: 'cache', end: () => undefined };
    if (!this.#options.merge) return await this.#alone({ ...input, mayKeep });
    const under = this.#flights.get(key);
    const flight = under ?? this.#start({ ...input, mayKeep });
    flight.readers += 1;
    const end = once(() => this.#leave({ key, flight }));
    try {
      const { answer } = await orAborted(flight.held, signal);
      if (under === undefined || !setsCookie(answer))
        return { answer, source: under === undefined ? 'upstream' : 'merged', end };
    } catch (thrown) {
      end();
      throw thrown;
    }
    end();
    return await this.#alone({ ...input, mayKeep });
  }

  async #alone(input: {
    readonly key: string;
    readonly read: ReadAnswer;
    readonly signal: AbortSignal;
    readonly mayKeep: boolean;
  }): Promise<SharedAnswer> {
    const askedAtMs = this.#nowMs();
    const { answer, release } = await input.read(input.signal);
    if (input.mayKeep) this.#keep({ key: input.key, answer, askedAtMs });
    return { answer, source: 'upstream', end: release };
  }

  #leave({ key, flight }: { readonly key: string; readonly flight: Flight }): void {
    flight.readers -= 1;
    if (flight.readers > 0) return;
    flight.abort.abort();
    // Nobody may join a read that is being given up.
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    flight.held.then(
      ({ release }) => release(),
      () => undefined,
    );
  }

  #start(input: { readonly key: string; readonly read: ReadAnswer; readonly mayKeep: boolean }): Flight {
    const { key, mayKeep } = input;
    const abort = new AbortController();
    // A kept answer ages from when it was asked for: when the upstream wrote it is not known more exactly.
    const askedAtMs = this.#nowMs();
    const landed = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const flight: Flight = {
      abort,
      readers: 0,
      held: input.read(abort.signal).then((held) => {
        if (mayKeep) this.#keep({ key, answer: held.answer, askedAtMs });
        // Whoever comes from now on reads anew.
        landed();
        return held;
      }),
    };
    this.#flights.set(key, flight);
    flight.held.catch(landed);
    return flight;
  }

  #keep(input: { readonly key: string; readonly answer: Answer; readonly askedAtMs: number }): void {
    const { key, answer, askedAtMs } = input;
    if (!this.#options.cache || answer.body.length > MAX_KEPT_BYTES) return;
    const fresh = freshnessOf({ answer, tokenMarginMs: this.#options.tokenMarginMs });
    if (fresh === null) return;
    this.#kept.delete(key);
    this.#kept.set(key, { fresh, sinceMs: askedAtMs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}

function setsCookie({ lines }: Answer): boolean {
  return lines.some(([name]) => name.toLowerCase() === 'set-cookie');
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
