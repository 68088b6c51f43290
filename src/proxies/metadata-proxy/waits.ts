// Those who wait for a change: how many may at a time, apart from all other requests, and how they are sent home.
import { type EndTurn, Turns } from './turns.ts';

/** Upstream requests that wait at a time; the runtime's connections to one upstream are bounded, too. */
const MOST_WAITING = 512;

export class Waits {
  readonly #turns = new Turns({ most: MOST_WAITING });
  readonly #ends = new Set<() => void>();
  #areOver = false;

  /** A turn for one upstream request that waits. @throws what `signal` aborts with */
  async take(input: { readonly signal: AbortSignal }): Promise<EndTurn> {
    return await this.#turns.take(input);
  }

  /** Does `wait` with a signal that aborts when the client goes, or when all are sent home. */
  async during<T>({ signal }: { readonly signal: AbortSignal }, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    if (this.#areOver || signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    this.#ends.add(end);
    try {
      return await wait(ending.signal);
    } finally {
      this.#ends.delete(end);
      signal.removeEventListener('abort', end);
    }
  }

  /** Sends home all who wait, and whoever comes later. */
  endAll(): void {
    this.#areOver = true;
    for (const end of this.#ends) end();
  }
}
