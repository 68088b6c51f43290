// One list of objects kept current for all who look at it: a watch, with a whole listing now and then as a floor.
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeMeta } from '../kubernetes/kube-objects.ts';
import type { KubeClient } from './kube-client.ts';
import { linesOf } from './lines-of.ts';

/** What a watched object has at least. */
export interface Watchable {
  readonly metadata?: KubeMeta;
}

export interface ResourceWatchOptions<T extends Watchable> {
  readonly client: KubeClient;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** For error messages: `watch Pods in bench`. */
  readonly what: string;
  /** Cuts an object down to what is worth keeping. */
  readonly trim?: (object: T) => T;
  /** Goes without the objects when the cluster does not allow to read them. Default false. */
  readonly optional?: boolean;
  /** How often everything is listed whatever the watch has told, milliseconds. Default 20,000. */
  readonly floorMs?: number;
  readonly onChange: () => void;
}

/** Without news or bookmarks for this long a watch is begun anew; that a quiet one ends so is its usual course. */
const QUIET_MS = 45_000;
const FLOOR_MS = 20_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
/** A watch that has not lived for longer was ended before it was of use. */
const SHORT_MS = 10_000;
/** Where reading is forbidden, rights may still be given while a run goes on. */
const FORBIDDEN_DELAY_MS = 60_000;

/** What is optional may not be read. */
class Forbidden extends Error {}

interface Listing<T> {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly items?: readonly T[];
}
interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T & { readonly code?: number };
}

/** Runs from its making until it is closed. */
export class ResourceWatch<T extends Watchable> {
  readonly #options: ResourceWatchOptions<T>;
  readonly #abort = new AbortController();
  readonly #running: Promise<unknown>;
  #objects = new Map<string, T>();
  /** For each listing under way the keys that the watch has told of since it was asked for: it knows better there. */
  readonly #toldSince = new Set<Set<string>>();
  #listed = false;
  #failure: { readonly sinceMs: number; readonly error: unknown } | null = null;

  constructor(options: ResourceWatchOptions<T>) {
    this.#options = options;
    this.#running = Promise.all([this.#follow(), this.#listNowAndThen()]);
  }

  /** The objects as they are known; null before the first listing. */
  objects(): readonly T[] | null {
    return this.#listed ? [...this.#objects.values()] : null;
  }

  /** What has kept it from knowing since `sinceMs`, this machine's clock; null while all is well. */
  get failure(): { readonly sinceMs: number; readonly error: unknown } | null {
    return this.#failure;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort;
    let version: string | null = null;
    let delayMs = FIRST_DELAY_MS;
    let cuts = 0;
    while (!signal.aborted) {
      try {
        version ??= await this.#list();
        const beganMs = performance.now();
        version = await this.#watch(version);
        cuts = 0;
        // A server that ends its watches at once would be asked without a pause.
        delayMs = performance.now() - beganMs > SHORT_MS ? FIRST_DELAY_MS : Math.min(delayMs * 2, LONGEST_DELAY_MS);
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof Forbidden) {
          this.#listed = true;
          this.#options.onChange();
          await this.#rest(FORBIDDEN_DELAY_MS);
          continue;
        }
        this.#failure ??= { sinceMs: Date.now(), error: thrown };
        this.#options.onChange();
        // One cut may be taken up where it was; after a second one the version itself may be the trouble.
        cuts += 1;
        if (cuts > 1) version = null;
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      }
      await this.#rest(delayMs * (0.5 + Math.random()));
    }
  }

  async #listNowAndThen(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#rest((this.#options.floorMs ?? FLOOR_MS) * (0.9 + 0.2 * Math.random()));
      // What keeps it from listing keeps the watch from going on, and is told of there.
      if (this.#listed && this.#failure === null && !signal.aborted) await this.#list().catch(() => undefined);
    }
  }

  async #rest(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  /** Lists everything; returns the version to watch from. */
  async #list(): Promise<string> {
    const { client, path, query, what } = this.#options;
    const told = new Set<string>();
    this.#toldSince.add(told);
    const { code, body } = await client
      .json<Listing<T>>({ path, query, what, signal: this.#abort.signal, tolerated: this.#bearable() })
      .finally(() => this.#toldSince.delete(told));
    if (code === 403) throw new Forbidden();
    const listed = new Map((body.items ?? []).map((object) => [keyOf(object), this.#trimmed(object)]));
    for (const key of told) {
      const newer = this.#objects.get(key);
      if (newer === undefined) listed.delete(key);
      else listed.set(key, newer);
    }
    this.#objects = listed;
    this.#listed = true;
    this.#failure = null;
    this.#options.onChange();
    return body.metadata?.resourceVersion ?? '0';
  }

  /** Follows until the server ends the watch; returns the version to go on from, null to list anew. */
  async #watch(from: string): Promise<string | null> {
    const { client, path, query, what } = this.#options;
    const { code, body } = await client.stream({
      request: {
        path,
        query: { ...query, watch: 'true', allowWatchBookmarks: 'true', resourceVersion: from },
        what,
        signal: this.#abort.signal,
        tolerated: [410, ...this.#bearable()],
      },
      quietMs: QUIET_MS,
    });
    if (code === 403) throw new Forbidden();
    this.#failure = null;
    let version: string | null = code === 410 ? null : from;
    try {
      for await (const line of linesOf(body)) {
        if (version === null) break;
        version = this.#take(line) ?? version;
        if (version === GONE) return null;
      }
    } catch (thrown) {
      if (!isQuiet(thrown)) throw thrown;
    } finally {
      body.destroy();
    }
    return version;
  }

  /** Takes in one line; returns the version it brings, or `GONE`. */
  #take(line: string): string | null {
    const event = parseEvent<T>(line);
    if (event === null) return null;
    if (event.type === 'ERROR') return GONE;
    const { object } = event;
    if (event.type !== 'BOOKMARK') {
      const key = keyOf(object);
      for (const told of this.#toldSince) told.add(key);
      if (event.type === 'DELETED') this.#objects.delete(key);
      else this.#objects.set(key, this.#trimmed(object));
      this.#options.onChange();
    }
    return object.metadata?.resourceVersion ?? null;
  }

  #bearable(): readonly number[] {
    return this.#options.optional === true ? [403] : [];
  }

  #trimmed(object: T): T {
    return this.#options.trim?.(object) ?? object;
  }
}

/** In place of a version: what the watch was to go on from is gone, or the server has lost its way. */
const GONE = 'gone';

function parseEvent<T>(line: string): WatchEvent<T> | null {
  if (line === '') return null;
  try {
    return JSON.parse(line) as WatchEvent<T>;
  } catch {
    return null; // the last line of a connection that was cut
  }
}

function keyOf(object: Watchable): string {
  return object.metadata?.uid ?? `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

function isQuiet(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'UND_ERR_BODY_TIMEOUT';
}
