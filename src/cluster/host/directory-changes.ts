// Wakes up when something in a directory has changed, and now and then although nothing was heard of it.
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

/** A look is taken this often without any event: watches can be refused, and a dead process announces nothing. */
const FLOOR_MS = 500;

/** The changes of one directory since the object was made. To be closed. */
export class DirectoryChanges {
  readonly #watcher: FSWatcher | null;
  #changed = false;
  #wake: (() => void) | null = null;

  constructor(directory: string) {
    this.#watcher = tryToWatch({ directory, onChange: () => this.look() });
  }

  /** Ends the wait that is on, or the next one at once. */
  look(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /**
   * Resolves when something has changed since the last call, or after half a second.
   * @throws the signal's reason, promptly
   */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(floor);
          signal.removeEventListener('abort', wake);
          this.#wake = null;
          resolve();
        };
        const floor = setTimeout(wake, FLOOR_MS);
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
    }
    signal.throwIfAborted();
    this.#changed = false;
  }

  close(): void {
    this.#watcher?.close();
  }
}

function tryToWatch(input: { readonly directory: string; readonly onChange: () => void }): FSWatcher | null {
  try {
    const watcher = watch(input.directory, { persistent: false }, input.onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null; // no watches left on this machine: the floor does alone
  }
}
