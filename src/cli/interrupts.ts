// Ctrl-C, SIGTERM and a closed terminal, handed to whoever has something to put in order first.

/** What came: Ctrl-C at the terminal, or a request to end from outside, of which a closed terminal is one. */
export type Interrupt = 'SIGINT' | 'SIGTERM';

export interface Interrupts {
  /**
   * Hears every interrupt from now on, before those who listened earlier and instead of them, until `stop` is called.
   * While nobody listens a signal ends the process as usual.
   */
  listen(hear: (interrupt: Interrupt) => void): { readonly stop: () => void };
}

/** One key press can arrive from the terminal and from npm or a launcher; nobody presses twice within this time. */
const ECHO_WITHIN_MS = 150;

/** The interrupts of this process. */
export function processInterrupts(): Interrupts {
  const listeners: ((interrupt: Interrupt) => void)[] = [];
  let lastAtMs = Number.NEGATIVE_INFINITY;
  const pass = (interrupt: Interrupt): void => {
    const nowMs = performance.now();
    const isEcho = nowMs - lastAtMs < ECHO_WITHIN_MS;
    lastAtMs = nowMs;
    if (!isEcho) listeners.at(-1)?.(interrupt);
  };
  const onSigint = (): void => pass('SIGINT');
  const onSigterm = (): void => pass('SIGTERM');
  return {
    listen: (hear) => {
      if (listeners.length === 0) {
        process.on('SIGINT', onSigint);
        process.on('SIGTERM', onSigterm);
        process.on('SIGHUP', onSigterm);
      }
      listeners.push(hear);
      return {
        stop: () => {
          const index = listeners.indexOf(hear);
          if (index >= 0) listeners.splice(index, 1);
          if (listeners.length > 0) return;
          process.off('SIGINT', onSigint);
          process.off('SIGTERM', onSigterm);
          process.off('SIGHUP', onSigterm);
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
