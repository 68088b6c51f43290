import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/proxies/metadata-proxy/answer.ts';
import { type HeldAnswer, SharedAnswers } from '../../../../src/proxies/metadata-proxy/shared-answers.ts';

const OPTIONS = { merge: true, cache: true, tokenMarginMs: 300_000 };

/** Readers of one `SharedAnswers`, whose reads end when they are told to, at a time that is set. */
function bench(given: Partial<typeof OPTIONS> = {}) {
  let nowMs = 0;
  const answers = new SharedAnswers({ ...OPTIONS, ...given }, () => nowMs);
  const reads: {
    readonly signal: AbortSignal;
    readonly end: (answer: Answer) => void;
    readonly fail: (why: Error) => void;
    released: number;
  }[] = [];
  const ask = (key = 'a', input: { readonly signal?: AbortSignal; readonly mayKeep?: boolean } = {}) => {
    const { signal = new AbortController().signal, ...rest } = input;
    const read = (readSignal: AbortSignal) =>
      new Promise<HeldAnswer>((resolve, fail) => {
        const one = {
          signal: readSignal,
          fail,
          released: 0,
          end: (answer: Answer) => resolve({ answer, release: () => void (one.released += 1) }),
        };
        reads.push(one);
      });
    return answers.get({ key, signal, read, ...rest });
  };
  return {
    answers,
    reads,
    ask,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

function document(body: string, lines: Answer['lines'] = [['Cache-Control', 'max-age=60']]): Answer {
  return { status: 200, lines, body: new TextEncoder().encode(body) };
}

const token = document('{"access_token":"a","expires_in":3599}', []);

const text = ({ body }: Answer) => new TextDecoder().decode(body);

describe('equal reads', () => {
  it('at the same time are one, and each hears where its answer came from', async () => {
    const { ask, reads } = bench();
    const asked = [ask(), ask(), ask()];
    expect(reads.length).toBe(1);
    reads[0]?.end(document('x', []));
    expect((await Promise.all(asked)).map(({ answer, source }) => [text(answer), source])).toEqual([
      ['x', 'upstream'],
      ['x', 'merged'],
      ['x', 'merged'],
    ]);
  });

  it('share what went wrong, and the next one asks anew', async () => {
    const { ask, reads } = bench();
    const asked = [ask(), ask()];
    reads[0]?.fail(new Error('broken'));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = ask();
    expect(reads.length).toBe(2);
    reads[1]?.end(document('x'));
    expect((await again).source).toBe('upstream');
  });

  it('go on without the one that leaves, and end with the last', async () => {
    const { ask, reads } = bench();
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = [ask('a', { signal: first.signal }), ask('a', { signal: second.signal })];
    first.abort(new Error('gone'));
    await expect(asked[0]).rejects.toThrow('gone');
    expect(reads[0]?.signal.aborted).toBe(false);
    second.abort(new Error('gone, too'));
    await expect(asked[1]).rejects.toThrow('gone, too');
    expect(reads[0]?.signal.aborted).toBe(true);
  });

  it('are not joined to one that is being given up', async () => {
    const { ask, reads } = bench();
    const first = new AbortController();
    const gone = ask('a', { signal: first.signal });
    first.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    const late = ask();
    expect(reads.length).toBe(2);
    // The first one's end, should it still come, is nothing to those who came later.
    reads[0]?.fail(new Error('aborted'));
    reads[1]?.end(document('x'));
    expect(text((await late).answer)).toBe('x');
  });

  it('of one that has gone already ask nobody', async () => {
    const { ask, reads } = bench();
    await expect(ask('a', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    expect(reads.length).toBe(0);
  });

  it('are apart by key', () => {
    const { ask, reads } = bench();
    void ask('a');
    void ask('b');
    expect(reads.length).toBe(2);
  });

  it('are apart without merging', async () => {
    const { ask, reads } = bench({ merge: false });
    const asked = [ask(), ask()];
    expect(reads.length).toBe(2);
    for (const { end } of reads) end(document('x'));
    expect((await Promise.all(asked)).map(({ source }) => source)).toEqual(['upstream', 'upstream']);
  });
});

describe('the bytes of an answer', () => {
  it('are given back once the last of its readers has it', async () => {
    const { ask, reads } = bench();
    const asked = [ask(), ask()];
    reads[0]?.end(document('x'));
    const [first, second] = await Promise.all(asked);
    first?.end();
    first?.end();
    await Promise.resolve();
    expect(reads[0]?.released).toBe(0);
    second?.end();
    await Promise.resolve();
    expect(reads[0]?.released).toBe(1);
  });

  it('are given back where every reader left before they came', async () => {
    const { ask, reads } = bench();
    const first = new AbortController();
    const gone = ask('a', { signal: first.signal });
    first.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    reads[0]?.end(document('x'));
    await expect.poll(() => reads[0]?.released).toBe(1);
  });
});

describe('an answer that sets a cookie', () => {
  it('is for the first reader alone, and not kept', async () => {
    const { answers, ask, reads } = bench();
    const asked = [ask(), ask()];
    const cookie = (id: string) =>
      document(id, [
        ['Set-Cookie', `sid=${id}`],
        ['Cache-Control', 'max-age=60'],
      ]);
    reads[0]?.end(cookie('one'));
    expect(text((await asked[0])?.answer ?? token)).toBe('one');
    await expect.poll(() => reads.length).toBe(2);
    reads[1]?.end(cookie('two'));
    expect(text((await asked[1])?.answer ?? token)).toBe('two');
    expect(answers.kept('a')).toBeNull();
  });
});

describe('kept answers', () => {
  it('are given until they are over, counted from when they were asked for', async () => {
    const { answers, ask, reads, pass } = bench();
    const first = ask();
    // The upstream takes its time: so much older is what it says.
    pass(5_000);
    reads[0]?.end(document('x'));
    await first;
    pass(54_999);
    expect((await ask()).source).toBe('cache');
    pass(1);
    expect(answers.kept('a')).toBeNull();
    void ask();
    expect(reads.length).toBe(2);
  });

  it('of tokens count their life down', async () => {
    const { answers, ask, reads, pass } = bench();
    const first = ask();
    reads[0]?.end(token);
    expect(text((await first).answer)).toContain('3599');
    pass(100_000);
    expect(text(answers.kept('a') ?? token)).toContain('3499');
    pass(3_198_999);
    expect(answers.kept('a')).not.toBeNull();
    pass(1);
    expect(answers.kept('a')).toBeNull();
  });

  it('are none when keeping is off, or the reader may not have one', async () => {
    for (const { given, mayKeep } of [
      { given: { cache: false }, mayKeep: true },
      { given: {}, mayKeep: false },
    ]) {
      const { answers, ask, reads } = bench(given);
      const first = ask('a', { mayKeep });
      reads[0]?.end(document('x'));
      await first;
      expect(answers.kept('a')).toBeNull();
    }
  });

  it('are not for a reader that wants news', async () => {
    const { ask, reads } = bench();
    const first = ask();
    reads[0]?.end(document('x'));
    await first;
    void ask('a', { mayKeep: false });
    expect(reads.length).toBe(2);
  });

  it('are none of a read that all have left, though its answer came', async () => {
    const { answers, ask, reads } = bench();
    const first = new AbortController();
    const gone = ask('a', { signal: first.signal });
    first.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(answers.kept('a')).toBeNull();
    expect(reads[0]?.signal.aborted).toBe(true);
  });

  it('are so many and no more: the one that nobody has asked for the longest gives way', async () => {
    const { answers, ask, reads } = bench();
    const fill = async (key: string) => {
      const asked = ask(key);
      reads.at(-1)?.end(document(key));
      await asked;
    };
    for (let number = 0; number < 64; number += 1) await fill(`k${number}`);
    // As every exchange looks first.
    answers.kept('k0');
    await fill('one more');
    expect(answers.kept('k0')).not.toBeNull();
    expect(answers.kept('k1')).toBeNull();
    expect(reads.length).toBe(65);
  });

  it('are none of very large documents', async () => {
    const { answers, ask, reads } = bench();
    const asked = ask();
    reads[0]?.end(document('y'.repeat(64 * 1024 + 1)));
    await asked;
    expect(answers.kept('a')).toBeNull();
  });
});
