// The command line's one entry: parses, runs, and turns everything thrown into a message and an exit code.
import { type CommandUnknownOpts, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { processConsole } from './console.ts';
import { EXIT_CODES, exitCodeOfError } from './exit-codes.ts';
import { processInterrupts } from './interrupts.ts';
import { program } from './program.ts';
import type { Session } from './session.ts';
import { showError, showUsageError } from './show-error.ts';

/** Runs one command line, without the interpreter and the script's name. Resolves with the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const session: Session = {
    console: processConsole(),
    interrupts: processInterrupts(),
    exitCode: EXIT_CODES.passed.code,
  };
  const json = asksForJson(argv);
  const root = program({ session });
  if (json) keepQuiet(root);
  try {
    await root.parseAsync([...argv], { from: 'user' });
    return session.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Help that was asked for is no error.
      if (thrown.exitCode === 0) return EXIT_CODES.passed.code;
      // What the library throws it has printed; our own refusals of what it has let pass it has not.
      if (json || thrown instanceof InvalidArgumentError) showUsageError({ console: session.console, thrown, json });
      return EXIT_CODES.usage.code;
    }
    showError({ console: session.console, thrown, json, debug: argv.includes('--debug') });
    return exitCodeOfError(thrown);
  }
}

/** For who reads stderr as a document. */
function keepQuiet(command: CommandUnknownOpts): void {
  command.configureOutput({ writeErr: () => undefined });
  for (const each of command.commands) keepQuiet(each);
}

function asksForJson(argv: readonly string[]): boolean {
  return argv.includes('--output=json') || argv[argv.indexOf('--output') + 1] === 'json';
}
