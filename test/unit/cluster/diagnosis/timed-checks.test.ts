import { describe, expect, test } from 'vitest';
import { timedChecks, well } from '../../../../src/cluster/diagnosis/check.ts';
import { InvalidInputError, UnreachableError } from '../../../../src/errors/errors.ts';

const common = {
  name: 'the place answers',
  hint: 'Go and see',
  withinMs: 60_000,
  signal: new AbortController().signal,
};

describe('checks that are looked for within their time', () => {
  test('are handed on as they are found', async () => {
    const found = [well({ name: 'a', detail: 'b' })];
    expect(await timedChecks({ ...common, look: async () => found })).toBe(found);
  });

  test('fail by name when whoever looks never comes back, even one who hears no signal', async () => {
    const checks = await timedChecks({ ...common, withinMs: 20, look: () => new Promise<never>(() => undefined) });
    expect(checks).toEqual([
      { name: 'the place answers', ok: false, detail: 'no answer within 0 s', hint: 'Go and see' },
    ]);
  });

  test("fail with the error's own way to mend it", async () => {
    const thrown = new UnreachableError('nobody there', 'Knock again');
    const checks = await timedChecks({ ...common, look: () => Promise.reject(thrown) });
    expect(checks).toEqual([{ name: 'the place answers', ok: false, detail: 'nobody there', hint: 'Knock again' }]);
  });

  test('show what was given where the input was wrong', async () => {
    const problem = { path: 'target.context', message: 'is unknown', value: 'nowhere', hint: 'Correct it' };
    const checks = await timedChecks({ ...common, look: () => Promise.reject(new InvalidInputError([problem])) });
    expect(checks).toEqual([
      { name: 'the place answers', ok: false, detail: 'context: is unknown (got nowhere)', hint: 'Correct it' },
    ]);
  });

  test('are given up when the caller is', async () => {
    const given = AbortSignal.abort(new Error('enough'));
    await expect(timedChecks({ ...common, signal: given, look: async () => [] })).rejects.toThrow('enough');
  });
});
