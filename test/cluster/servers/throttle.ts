// Lets bytes through no faster than ordered, all streams together.
import { Transform } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const PIECE_BYTES = 16 * 1024;

/** One budget shared by every stream made from it. */
export class Throttle {
  /** When the budget's next byte is due, on performance.now's clock. */
  #dueAtMs = 0;

  /** A stream that keeps to the pace for as long as `isStillOrdered` says so. */
  stream(input: { readonly bytesPerSecond: number; readonly isStillOrdered: () => boolean }): Transform {
    const passInTurn = async (chunk: Buffer, push: (piece: Buffer) => void): Promise<void> => {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        if (input.isStillOrdered()) await this.#turn(piece.length / input.bytesPerSecond);
        push(piece);
      }
    };
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        passInTurn(chunk, (piece) => this.push(piece)).then(() => done(), done);
      },
    });
  }

  async #turn(seconds: number): Promise<void> {
    const now = performance.now();
    const startAtMs = Math.max(now, this.#dueAtMs);
    this.#dueAtMs = startAtMs + seconds * 1000;
    if (startAtMs > now) await pause(startAtMs - now);
  }
}
