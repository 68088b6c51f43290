// Ctrl-C and SIGTERM, handed to whoever has something to put in order first.

/** What came: Ctrl-C at the terminal, or a request to end from outside. */
export type Interrupt = 'SIGINT' | 'SIGTERM';

export interface Interrupts {
  /**
   * Hears every interrupt from now on, before those who listened earlier and instead of them, until `stop` is called.
   * While nobody listens a signal ends the process as usual.
   */
  listen(hear: (interrupt: Interrupt) => void): { readonly stop: () => void };
}

/** The interrupts of this process. */
export function processInterrupts(): Interrupts {
  const listeners: ((interrupt: Interrupt) => void)[] = [];
  const onSigint = (): void => listeners.at(-1)?.('SIGINT');
  const onSigterm = (): void => listeners.at(-1)?.('SIGTERM');
  return {
    listen: (hear) => {
      if (listeners.length === 0) {
        process.on('SIGINT', onSigint);
        process.on('SIGTERM', onSigterm);
      }
      listeners.push(hear);
      return {
        stop: () => {
          const index = listeners.indexOf(hear);
          if (index >= 0) listeners.splice(index, 1);
          if (listeners.length > 0) return;
          process.off('SIGINT', onSigint);
          process.off('SIGTERM', onSigterm);
        },
      };
    },
  };
}

/** A signal that aborts at the first interrupt, for commands that only have to stop. */
export function abortedBy(interrupts: Interrupts): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const { stop } = interrupts.listen((interrupt) => controller.abort(new Error(interrupt)));
  return { signal: controller.signal, stop };
}
