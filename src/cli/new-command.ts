// A command as all of this program's are: its own errors end with code 2, its help teaches.
import { Command } from '@commander-js/extra-typings';
import { type ExitCode, exitCodeLines } from './exit-codes.ts';

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** What it does, in a few sentences. Default: the summary. */
  readonly description?: string;
  /** Command lines, each with what it does. */
  readonly examples?: readonly (readonly [command: string, explanation: string])[];
  readonly exitCodes?: readonly ExitCode[];
}

/** A command without options and action. */
export function newCommand({ name, summary, description, examples = [], exitCodes = [] }: CommandText) {
  return new Command(name)
    .summary(summary)
    .description(description ?? summary)
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', helpEnd({ examples, exitCodes }));
}

function helpEnd({ examples, exitCodes }: Required<Pick<CommandText, 'examples' | 'exitCodes'>>): string {
  const shown = examples.map(([command, explanation]) => `  ${command}\n      ${explanation}`);
  return [
    ...(shown.length === 0 ? [] : ['', 'Examples:', ...shown]),
    ...(exitCodes.length === 0 ? [] : ['', 'Exit codes:', exitCodeLines(exitCodes)]),
  ].join('\n');
}
