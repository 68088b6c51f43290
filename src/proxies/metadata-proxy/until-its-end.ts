// An answer that streams through, and word of when it is over, however it ends.
import { once } from './once.ts';

/**
 * The same body, read as fast as it is taken; `end` is called once: after its last byte, when it breaks off, or when nobody
 * reads it any more. `onBroken`: it broke off, and the client was still there.
 */
export function untilItsEnd(input: {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly end: () => void;
  readonly onBroken?: () => void;
  readonly onPiece?: (bytes: number) => void;
  readonly signal: AbortSignal;
}): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  const { body, signal, onBroken, onPiece } = input;
  const end = once(() => {
    signal.removeEventListener('abort', end);
    input.end();
  });
  if (body === null) {
    end();
    return null;
  }
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            onPiece?.(value.length);
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (thrown) {
          if (!signal.aborted) onBroken?.();
          controller.error(thrown);
        }
        end();
      },
      cancel: async (reason) => {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
