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

  it('shows what was found where it is a number that is none', () => {
    const problem = { path: 'a.b', value: Number.NaN, message: 'must be a number, not NaN', hint: 'Correct it' };
    expect(shown({ thrown: new InvalidInputError([problem]) })).toContain('found: NaN\n');
  });

  it('says what to do about a place that does not answer', () => {
    expect(shown({ thrown: new UnreachableError('no answer', 'Start it') })).toBe('error: no answer\n  Start it');
  });

  it('keeps the stack of an unknown error for --debug', () => {
    expect(shown({ thrown: new TypeError('odd') })).toBe('error: odd\n  --debug shows where it happened');
    expect(shown({ thrown: new TypeError('odd'), debug: true })).toContain('TypeError: odd\n    at ');
  });

  it('names commands as they can be typed here, in text and as a document', () => {
    const thrown = new UnreachableError('no worker', 'Start one: proxybench worker --task-queue proxybench');
    expect(shown({ thrown })).toBe(
      'error: no worker\n  Start one: node scripts/proxybench.mjs worker --task-queue proxybench',
    );
    const { console, notes } = recordingConsole();
    showError({ console, thrown, json: true, debug: false });
    expect(JSON.parse(notes.join('\n'))).toMatchObject({
      hint: 'Start one: node scripts/proxybench.mjs worker --task-queue proxybench',
    });
  });
});
