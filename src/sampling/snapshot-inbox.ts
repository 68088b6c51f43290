// Carries readings from where they arrive to whoever asks for the next one, without growing while nobody asks.
import type { ControlSnapshot } from './control-client.ts';

/** Readings are cumulative, so the oldest waiting one is the one to lose. */
const MAX_WAITING = 100;

export interface SnapshotInbox extends AsyncIterable<ControlSnapshot> {
  readonly put: (snapshot: ControlSnapshot) => void;
  /** Ends the iteration once what waits has been taken. */
  readonly end: () => void;
  /** Breaks the iteration with an error. */
  readonly fail: (error: unknown) => void;
}

/** For one reader. */
export function createSnapshotInbox(): SnapshotInbox {
  const waiting: ControlSnapshot[] = [];
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  let wake: () => void = () => undefined;

  return {
    put(snapshot) {
      waiting.push(snapshot);
      if (waiting.length > MAX_WAITING) waiting.shift();
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail(error) {
      failure = { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          yield next;
        } else if (failure !== undefined) {
          throw failure.error;
        } else if (ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
