// Lets the runtime come to rest now and then, however busy it is kept.

/**
 * Under a CPU limit the proxy may never be idle, and what the runtime holds beside its own heap, some hundred bytes of each
 * request, it gives back only when it comes to rest. After so many requests it does, for this long.
 */
const REQUESTS_BETWEEN_RESTS = 4_096;
const REST_MS = 1;

export class Rests {
  #requests = 0;
  #rest: Promise<void> | null = null;

  /**
   * To be asked for each request: when the rest is over that it is to wait for, or null where there is none. All who come
   * during a rest wait for its end: one that waited alone would do so behind all the others, for a second and more.
   */
  next(): Promise<void> | null {
    this.#requests += 1;
    if (this.#rest === null && this.#requests % REQUESTS_BETWEEN_RESTS === 0) {
      this.#rest = new Promise((resolve) => {
        setTimeout(() => {
          this.#rest = null;
          resolve();
        }, REST_MS);
      });
    }
    return this.#rest;
  }
}
