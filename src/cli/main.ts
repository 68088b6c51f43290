// The command line's one entry: parses, runs, and turns everything thrown into a message and an exit code.
import { CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { processConsole } from './console.ts';
import { EXIT_CODES, exitCodeOfError } from './exit-codes.ts';
import { processInterrupts } from './interrupts.ts';
import { program } from './program.ts';
import type { Session } from './session.ts';
import { showError } from './show-error.ts';

/** Runs one command line, without the interpreter and the script's name. Resolves with the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const session: Session = {
    console: processConsole(),
    interrupts: processInterrupts(),
    exitCode: EXIT_CODES.passed.code,
  };
  try {
    await program({ session }).parseAsync([...argv], { from: 'user' });
    return session.exitCode;
  } catch (thrown) {
    if (thrown instanceof InvalidArgumentError) {
      session.console.note(`error: ${thrown.message}`);
      return EXIT_CODES.usage.code;
    }
    // Commander has printed what it has to say by now; help that was asked for is no error.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_CODES.passed.code : EXIT_CODES.usage.code;
    showError({ console: session.console, thrown, json: asksForJson(argv), debug: argv.includes('--debug') });
    return exitCodeOfError(thrown);
  }
}

function asksForJson(argv: readonly string[]): boolean {
  return argv.includes('--output=json') || argv[argv.indexOf('--output') + 1] === 'json';
}
