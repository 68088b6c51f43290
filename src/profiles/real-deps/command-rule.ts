// Holds a stage's command to the rules, and to a shell that stops at the first failing step.
import { breachesOf } from './rules.ts';

/** A fault of a command, a file's text or a variable. */
export interface TextFault {
  readonly message: string;
  readonly hint: string;
  readonly value?: string;
}

/** The faults of a text by the rules alone. */
export function textFaults(text: string): readonly TextFault[] {
  return breachesOf(text).map(({ rule, excerpt }) => ({ message: rule.sentence, hint: rule.hint, value: excerpt }));
}

/** The faults of a command. */
export function commandFaults(command: readonly string[]): readonly TextFault[] {
  const faults = textFaults(command.join(' '));
  return runsOnAfterFailure(command)
    ? [
        ...faults,
        {
          message: 'runs on after a failing step',
          hint: 'Call the shell with -e, as ["sh", "-euc", "…"], so that the first failing step ends the stage',
        },
      ]
    : faults;
}

const SHELL = /^(?:.*\/)?(?:sh|bash|dash|ash)$/;

/** A script of several steps under a shell that was not told to stop at a failing one. */
function runsOnAfterFailure(command: readonly string[]): boolean {
  const at = command.findIndex((word) => SHELL.test(word));
  if (at === -1) return false;
  const words = command.slice(at + 1);
  const last = words.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  const script = words[last + 1];
  if (last === -1 || script === undefined) return false;
  const flags = words.slice(0, last + 1);
  const stops =
    flags.some((flag) => /^-[a-z]*e[a-z]*$/.test(flag) || flag === 'errexit') || /^\s*set\s+-[a-z]*e/.test(script);
  return !stops && /[;\n]/.test(script.trim());
}
