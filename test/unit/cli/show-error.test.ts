import { describe, expect, it } from 'vitest';
import { showError } from '../../../src/cli/show-error.ts';
import { InvalidInputError, UnreachableError } from '../../../src/errors/errors.ts';
import { recordingConsole } from '../../support/recording-console.ts';

function shown({ thrown, debug = false }: { readonly thrown: unknown; readonly debug?: boolean }): string {
  const { console, notes, printed } = recordingConsole();
  showError({ console, thrown, json: false, debug });
  expect(printed).toEqual([]);
  return notes.join('\n');
}

describe('an error on the terminal', () => {
  it('leaves out what was found where a field is missing, and cuts what is too long', () => {
    const problem = { path: 'a.b', message: 'is missing', hint: 'Add it' };
    expect(shown({ thrown: new InvalidInputError([problem]) })).toBe(
      'error: this cannot be used\n\n  a.b\n    is missing\n    Add it',
    );
    expect(shown({ thrown: new InvalidInputError([{ ...problem, value: 'x'.repeat(500) }]) })).toContain(
      `found: "${'x'.repeat(119)}…\n`,
    );
  });

  it('says what to do about a place that does not answer', () => {
    expect(shown({ thrown: new UnreachableError('no answer', 'Start it') })).toBe('error: no answer\n  Start it');
  });

  it('keeps the stack of an unknown error for --debug', () => {
    expect(shown({ thrown: new TypeError('odd') })).toBe('error: odd\n  --debug shows where it happened');
    expect(shown({ thrown: new TypeError('odd'), debug: true })).toContain('TypeError: odd\n    at ');
  });
});
