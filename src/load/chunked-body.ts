// Follows a chunked body to its end without keeping any of it.

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Bytes of a size line with its extensions, or of all trailers together. */
const MAX_LINE_BYTES = 8 * 1024;
const SIZE = /^([\dA-Fa-f]{1,12})[\t ]*(?:;[\t -~\x80-\xff]*)?$/;

export class ChunkedBody {
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' | 'malformed' = 'size';
  #line = '';
  #lineBytes = 0;
  #left = 0;

  /** Reads from `offset`; returns how far it came. Reading stops at the end of the body, and where it makes no sense. */
  feed(bytes: Uint8Array, offset: number): number {
    let at = offset;
    while (at < bytes.length && this.#state !== 'done' && this.#state !== 'malformed') {
      if (this.#state === 'data') {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      const byte = bytes[at++] ?? 0;
      this.#lineBytes += 1;
      if (byte !== LINE_FEED) this.#line += String.fromCharCode(byte);
      else this.#onLine();
      if (this.#lineBytes > MAX_LINE_BYTES) this.#state = 'malformed';
    }
    return at;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  get malformed(): boolean {
    return this.#state === 'malformed';
  }

  #onLine(): void {
    if (this.#line.charCodeAt(this.#line.length - 1) !== CARRIAGE_RETURN) {
      this.#state = 'malformed';
      return;
    }
    const line = this.#line.slice(0, -1);
    this.#line = '';
    if (this.#state === 'trailers') {
      if (line === '') this.#state = 'done';
      return;
    }
    this.#lineBytes = 0;
    if (this.#state === 'data-end') {
      this.#state = line === '' ? 'size' : 'malformed';
      return;
    }
    const [, size] = SIZE.exec(line) ?? [];
    this.#left = Number.parseInt(size ?? '', 16);
    if (size === undefined) this.#state = 'malformed';
    else this.#state = this.#left === 0 ? 'trailers' : 'data';
  }
}
