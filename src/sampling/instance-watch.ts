// Knows which life of the proxy answers, and which readings cannot be told apart from those of the life before.
import type { ControlClient, ControlSnapshot } from './control-client.ts';

const CHECK_TIMEOUT_MS = 2000;
const MOST_FAILED_CHECKS = 3;

/** What to do with a reading: keep it under this instance, or leave it out. */
export type Sighting = { readonly keep: true; readonly instance: string | undefined } | { readonly keep: false };

/**
 * Asks the proxy who it is at the start, after every outage, change of way or fall of a counter. When another life
 * answers, readings from before the answer may be of either life: counted in the wrong one they would count twice, so
 * they are left out; the next reading is one interval away.
 */
export class InstanceWatch {
  readonly #client: ControlClient;
  readonly #now: () => number;
  #instance: string | undefined;
  #unsureBeforeMs = Number.NEGATIVE_INFINITY;
  #doubted = true;
  #failedChecks = 0;
  #last: ControlSnapshot | undefined;

  constructor(input: { readonly client: ControlClient; readonly now: () => number }) {
    this.#client = input.client;
    this.#now = input.now;
  }

  /** The proxy may have restarted. */
  doubt(): void {
    this.#doubted = true;
  }

  /** Asks now if there is doubt; what is read after this is of the instance told or of a later one. */
  async check(input: { readonly signal: AbortSignal }): Promise<string | undefined> {
    if (!this.#doubted) return this.#instance;
    const signal = AbortSignal.any([input.signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]);
    let instance: string | undefined;
    try {
      instance = await this.#client.instance({ signal });
    } catch {
      this.#failedChecks += 1;
      if (this.#failedChecks >= MOST_FAILED_CHECKS) this.#giveUp();
      return undefined;
    }
    this.#failedChecks = 0;
    this.#doubted = false;
    if (instance !== this.#instance) this.#unsureBeforeMs = this.#now();
    this.#instance = instance;
    return instance;
  }

  /** Readings matter more than knowing whose they are: falling counters still tell of a restart. */
  #giveUp(): void {
    this.#instance = undefined;
    this.#doubted = false;
    this.#failedChecks = 0;
  }

  /** Looks at a reading that has come in. */
  async sight(input: { readonly snapshot: ControlSnapshot; readonly signal: AbortSignal }): Promise<Sighting> {
    const { snapshot, signal } = input;
    const last = this.#last;
    this.#last = snapshot;
    if (last !== undefined && (last.via !== snapshot.via || isBelow(snapshot, last))) this.#doubted = true;
    await this.check({ signal });
    // Without an instance there is nothing that a reading could be filed under wrongly.
    if (this.#instance === undefined) return { keep: true, instance: undefined };
    if (this.#doubted || snapshot.atMs < this.#unsureBeforeMs) return { keep: false };
    return { keep: true, instance: this.#instance };
  }
}

function isBelow(now: ControlSnapshot, then: ControlSnapshot): boolean {
  return now.uploadTotalBytes < then.uploadTotalBytes || now.downloadTotalBytes < then.downloadTotalBytes;
}
