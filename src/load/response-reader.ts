// Finds where an answer ends, however its bytes are cut, and keeps none of its body.
import { ChunkedBody } from './chunked-body.ts';
import { readResponseHead } from './response-head.ts';

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
/** What a head may have; an endless one must not fill memory. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** `short`: closed before its end. `empty`: closed before its first byte. */
export type ReadingEnd = 'whole' | 'short' | 'empty';

export class ResponseReader {
  readonly #toHead: boolean;
  #state: 'head' | 'length' | 'chunked' | 'until-close' | 'whole' = 'head';
  #isEmpty = true;
  /** The bytes of a head that is not whole yet. */
  #pending: Buffer | null = null;
  #left = 0;
  #chunks: ChunkedBody | null = null;
  #status = 0;
  #keepsConnection = false;

  /** `toHead`: the request's method is HEAD, whose answers have no body. */
  constructor({ toHead }: { readonly toHead: boolean }) {
    this.#toHead = toHead;
  }

  /** Before each answer. */
  begin(): void {
    this.#state = 'head';
    this.#isEmpty = true;
    this.#pending = null;
    this.#chunks = null;
  }

  /** True once the answer is whole; a string says what is wrong with it. `bytes` may be written over afterwards. */
  feed(bytes: Buffer): boolean | string {
    if (bytes.length > 0) this.#isEmpty = false;
    let rest = bytes;
    while (this.#state === 'head') {
      const block = this.#pending === null ? rest : Buffer.concat([this.#pending, rest]);
      const end = block.indexOf(HEAD_END);
      if (end > MAX_HEAD_BYTES || (end < 0 && block.length > MAX_HEAD_BYTES)) return 'a head without an end';
      if (end < 0) {
        this.#pending = Buffer.from(block);
        return false;
      }
      this.#pending = null;
      rest = block.subarray(end + HEAD_END.length);
      const problem = this.#onHead(block.toString('latin1', 0, end));
      if (problem !== null) return problem;
    }
    return this.#onBody(rest);
  }

  /** The server has closed. */
  end(): ReadingEnd {
    if (this.#state === 'whole' || this.#state === 'until-close') return 'whole';
    return this.#isEmpty ? 'empty' : 'short';
  }

  get status(): number {
    return this.#status;
  }

  get keepsConnection(): boolean {
    return this.#keepsConnection;
  }

  #onHead(text: string): string | null {
    const head = readResponseHead({ head: text, toHead: this.#toHead });
    if (typeof head === 'string') return head;
    if (head.status === 101) return 'switched to a protocol that was not asked for';
    // An interim answer: the real one follows.
    if (head.status < 200) return null;
    this.#status = head.status;
    this.#keepsConnection = head.keepsConnection;
    if (head.body.kind === 'length') this.#left = head.body.bytes;
    if (head.body.kind === 'chunked') this.#chunks = new ChunkedBody();
    this.#state = head.body.kind;
    return null;
  }

  #onBody(bytes: Buffer): boolean | string {
    let surplus = 0;
    switch (this.#state) {
      case 'length':
        surplus = bytes.length - this.#left;
        this.#left = Math.max(0, -surplus);
        if (surplus < 0) return false;
        break;
      case 'chunked': {
        if (this.#chunks === null) return false;
        surplus = bytes.length - this.#chunks.feed(bytes, 0);
        if (this.#chunks.malformed) return 'not a chunk';
        if (!this.#chunks.done) return false;
        break;
      }
      case 'until-close':
        return false;
      default:
        surplus = bytes.length;
    }
    this.#state = 'whole';
    return surplus === 0 ? true : 'bytes after the answer';
  }
}
