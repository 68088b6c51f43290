// One invocation of the command line: where it prints, how it is interrupted, which code it ends with.
import type { Console } from './console.ts';
import type { Interrupts } from './interrupts.ts';

export interface Session {
  readonly console: Console;
  readonly interrupts: Interrupts;
  /** Ends the process with this code once the command is done. Default 0. */
  exitCode: number;
}
