// Tells a person, or a program that asked for JSON, what went wrong and what to do about it.
import { InvalidInputError, type Problem, UnreachableError, messageOf } from '../errors/errors.ts';
import type { Console } from './console.ts';
import { EXIT_CODES, exitCodeOfError } from './exit-codes.ts';
import { typedHere } from './program-name.ts';

/** Prints to stderr. `debug` adds the stack. */
export function showError(input: {
  readonly console: Console;
  readonly thrown: unknown;
  readonly json: boolean;
  readonly debug: boolean;
}): void {
  const { console, thrown, json, debug } = input;
  const text = json ? JSON.stringify(errorDocument(thrown), null, 2) : errorText({ thrown, console, debug });
  console.note(typedHere({ env: console.env, text }));
  if (debug && thrown instanceof Error) console.note(thrown.stack ?? thrown.message);
}

/** Prints to stderr what is wrong with the command line itself. */
export function showUsageError(input: {
  readonly console: Console;
  readonly thrown: Error;
  readonly json: boolean;
}): void {
  const { console, thrown, json } = input;
  const message = typedHere({ env: console.env, text: thrown.message.replace(/^error: /, '') });
  const document = { version: 1, kind: 'error', exitCode: EXIT_CODES.usage.code, message, error: 'usage' };
  console.note(json ? JSON.stringify(document, null, 2) : `${console.notePaint.bad('error')}: ${message}`);
}

function errorText({
  thrown,
  console,
  debug,
}: {
  readonly thrown: unknown;
  readonly console: Console;
  readonly debug: boolean;
}): string {
  const title = console.notePaint.bad('error');
  if (thrown instanceof InvalidInputError) {
    const count = thrown.problems.length;
    const heading = count === 1 ? 'this cannot be used' : `${count} things cannot be used`;
    return [`${title}: ${heading}`, ...thrown.problems.map(problemBlock)].join('\n\n');
  }
  if (thrown instanceof UnreachableError) return `${title}: ${thrown.message}\n  ${thrown.hint}`;
  return `${title}: ${messageOf(thrown)}${debug ? '' : '\n  --debug shows where it happened'}`;
}

function problemBlock({ file, path, value, message, hint }: Problem): string {
  return [
    `  ${file === undefined ? '' : `${file}: `}${path}`,
    ...(value === undefined ? [] : [`    found: ${shown(value)}`]),
    `    ${message}`,
    `    ${hint}`,
  ].join('\n');
}

/** Versioned, for programs. */
export function errorDocument(thrown: unknown): Readonly<Record<string, unknown>> {
  const base = { version: 1, kind: 'error', exitCode: exitCodeOfError(thrown), message: messageOf(thrown) };
  if (thrown instanceof InvalidInputError) return { ...base, error: 'invalid-input', problems: thrown.problems };
  if (thrown instanceof UnreachableError) return { ...base, error: 'unreachable', hint: thrown.hint };
  return { ...base, error: 'internal' };
}

const SHOWN_LIMIT = 120;

function shown(value: unknown): string {
  // JSON has no word for a number without a value.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_LIMIT ? `${text.slice(0, SHOWN_LIMIT)}…` : text;
}
