// How many bytes of documents the proxy holds at a time: it has 25 MiB to live in.
import { type EndTurn, Turns } from './turns.ts';

/** All documents together, beyond the small ones. */
const ROOM_BYTES = 3 * 1024 * 1024;
/** After so many bytes that nobody needs any more, the runtime is told to look for them: by itself it is too late. */
const COLLECT_BYTES = 1024 * 1024;
/** Up to here a document is small: a turn is bound enough for it. */
export const SMALL_BYTES = 16 * 1024;
/** What a path that was never read is taken for; the runtime holds about so much of an answer before anybody reads it. */
const UNKNOWN_BYTES = 256 * 1024;
/** What is larger streams through: no more than this of it is ever held. */
export const MAX_HELD_BYTES = 512 * 1024;
/** What streams through is counted twice: the runtime holds some of it as it comes, and some as it goes. */
const STREAMED_BYTES = 2 * MAX_HELD_BYTES;
const MAX_KNOWN_PATHS = 512;

/** Tells that a document does not fit into what was reserved for it. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
  readonly bytes: number;

  constructor({ bytes }: { readonly bytes: number }) {
    super(`no room for ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** A place for one document. */
export interface Room {
  /** Makes it large enough. @throws NoRoomError for more than is ever held, or where others would have to be waited for */
  hold(bytes: number): void | Promise<void>;
  /** Gives it back; a second call does nothing. */
  readonly end: EndTurn;
}

/** Room by what was seen of each path before. */
export class BodyRoom {
  readonly #turns = new Turns({ most: ROOM_BYTES });
  readonly #sizes = new Map<string, number>();
  readonly #collect: () => void;
  #droppedBytes = 0;

  /** @param input.collect collects garbage */
  constructor({ collect }: { readonly collect: () => void }) {
    this.#collect = collect;
  }

  /** Tells of bytes that have been held and are not any more, also of those that only went through. */
  dropped(bytes: number): void {
    if (bytes <= SMALL_BYTES) return;
    this.#droppedBytes += bytes;
    if (this.#droppedBytes < COLLECT_BYTES) return;
    this.#droppedBytes = 0;
    this.#collect();
  }

  /** Whether the document is known to be larger than what is held. */
  isLarge(target: string): boolean {
    return this.#expected(target) > MAX_HELD_BYTES;
  }

  /** @throws what `signal` aborts with */
  async take({ target, signal }: { readonly target: string; readonly signal: AbortSignal }): Promise<Room> {
    const expected = this.isLarge(target) ? STREAMED_BYTES : this.#expected(target);
    const size = expected <= SMALL_BYTES ? 0 : expected;
    const ends = size === 0 ? [] : [await this.#turns.take({ signal, size })];
    let held = Math.min(Math.max(size, SMALL_BYTES), MAX_HELD_BYTES);
    return {
      hold: (bytes) => {
        if (bytes <= held) return;
        const more = bytes > MAX_HELD_BYTES ? null : this.#turns.takeNow(bytes - held);
        if (more === null) throw new NoRoomError({ bytes });
        ends.push(more);
        held = bytes;
      },
      end: () => {
        if (ends.length === 0) return;
        this.dropped(held);
        for (const end of ends.splice(0)) end();
      },
    };
  }

  /** Room for what comes of itself some day, and is waited for only then. */
  takeLater({ signal }: { readonly signal: AbortSignal }): Room {
    let end: EndTurn | null = null;
    return {
      hold: async (bytes) => {
        if (bytes > MAX_HELD_BYTES) throw new NoRoomError({ bytes });
        if (bytes <= SMALL_BYTES || end !== null) return;
        end = await this.#turns.take({ signal, size: MAX_HELD_BYTES });
      },
      end: () => end?.(),
    };
  }

  /** Remembers how large a document was. */
  learn({ target, bytes }: { readonly target: string; readonly bytes: number }): void {
    const path = kindOf(target);
    this.#sizes.delete(path);
    this.#sizes.set(path, bytes);
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= MAX_KNOWN_PATHS) break;
      this.#sizes.delete(oldest);
    }
  }

  #expected(target: string): number {
    return this.#sizes.get(kindOf(target)) ?? UNKNOWN_BYTES;
  }
}

/** Queries tell versions of a document apart; only a recursive one is another size. */
function kindOf(target: string): string {
  const at = target.indexOf('?');
  if (at === -1) return target;
  return /[?&;]recursive(?:[=&;]|$)/i.test(target) ? `${target.slice(0, at)}?recursive` : target.slice(0, at);
}
