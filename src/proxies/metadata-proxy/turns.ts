// How much is worked on at a time; the others wait in the order in which they came.
import { once } from './once.ts';

/** Ends a turn; a second call does nothing. */
export type EndTurn = () => void;

interface Waiting {
  readonly size: number;
  readonly given: () => void;
}

export class Turns {
  readonly #most: number;
  readonly #queue = new Set<Waiting>();
  #taken = 0;

  /** @param most what may be taken at a time: turns, or bytes */
  constructor({ most }: { readonly most: number }) {
    this.#most = most;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * A turn, when it has come. `size`: 1 by default; what is larger than all there is takes all there is.
   * @throws what `signal` aborts with, for whoever waits no longer
   */
  take(input: { readonly signal: AbortSignal; readonly size?: number }): Promise<EndTurn> {
    const { signal } = input;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const size = Math.min(input.size ?? 1, this.#most);
    const turn = this.takeNow(size);
    return turn === null ? this.#wait(signal, size) : Promise.resolve(turn);
  }

  /** A turn if nobody has to be waited for, else null. */
  takeNow(size: number): EndTurn | null {
    if (this.#queue.size > 0 || this.#taken + size > this.#most) return null;
    this.#taken += size;
    return this.#endOf(size);
  }

  #endOf(size: number): EndTurn {
    return once(() => {
      this.#taken -= size;
      this.#goOn();
    });
  }

  /** Turns go to those who have waited the longest: nobody who comes now can be before them. */
  #goOn(): void {
    for (const next of this.#queue) {
      if (this.#taken + next.size > this.#most) return;
      this.#queue.delete(next);
      this.#taken += next.size;
      next.given();
    }
  }

  /** One promise and no more: thousands may wait. */
  #wait(signal: AbortSignal, size: number): Promise<EndTurn> {
    return new Promise((resolve, reject) => {
      const waiting = {
        size,
        given: () => {
          signal.removeEventListener('abort', gone);
          resolve(this.#endOf(size));
        },
      };
      const gone = (): void => {
        this.#queue.delete(waiting);
        reject(signal.reason as Error);
        // It may have been the one that did not fit.
        this.#goOn();
      };
      signal.addEventListener('abort', gone, { once: true });
      this.#queue.add(waiting);
    });
  }
}
