import { describe, expect, it } from 'vitest';
import { type EndTurn, Turns } from '../../../../src/proxies/metadata-proxy/turns.ts';

const STAYS = { signal: new AbortController().signal };

/** Takes a turn, and tells whether it has come. */
function taker(turns: Turns, who: { readonly signal: AbortSignal } = STAYS) {
  const state: { end: EndTurn | null; failed: boolean } = { end: null, failed: false };
  const done = turns.take(who).then(
    (end) => {
      state.end = end;
    },
    () => {
      state.failed = true;
    },
  );
  return { state, done };
}

describe('turns', () => {
  it('are given at once as long as there are any, and then in the order in which they were asked for', async () => {
    const turns = new Turns({ most: 2 });
    const takers = Array.from({ length: 5 }, () => taker(turns));
    await Promise.all(takers.slice(0, 2).map(({ done }) => done));
    expect([turns.waiting, takers.map(({ state }) => state.end !== null)]).toEqual([
      3,
      [true, true, false, false, false],
    ]);
    for (const index of [2, 3, 4]) {
      takers[index - 2]?.state.end?.();
      await takers[index]?.done;
      expect(takers.map(({ state }) => state.end !== null)).toEqual([0, 1, 2, 3, 4].map((each) => each <= index));
    }
    expect(turns.waiting).toBe(0);
  });

  it('that are ended twice are ended once', async () => {
    const turns = new Turns({ most: 1 });
    const [first, second, third] = [taker(turns), taker(turns), taker(turns)];
    await first.done;
    first.state.end?.();
    first.state.end?.();
    await second.done;
    expect([third.state.end, turns.waiting]).toEqual([null, 1]);
  });

  it('are not for those who have left the queue', async () => {
    const turns = new Turns({ most: 1 });
    const first = taker(turns);
    await first.done;
    const leaving = new AbortController();
    const left = taker(turns, leaving);
    const last = taker(turns);
    leaving.abort(new Error('gone'));
    await left.done;
    expect([left.state.failed, turns.waiting]).toEqual([true, 1]);
    first.state.end?.();
    await last.done;
    expect(last.state.end).not.toBeNull();
  });

  it('are not asked for by one that has gone already', async () => {
    const turns = new Turns({ most: 1 });
    const gone = taker(turns, { signal: AbortSignal.abort() });
    await gone.done;
    expect(gone.state.failed).toBe(true);
    const next = taker(turns);
    await next.done;
    expect(next.state.end).not.toBeNull();
  });

  it('cannot be taken by one that comes while the queue moves on', async () => {
    const turns = new Turns({ most: 1 });
    const first = taker(turns);
    await first.done;
    const waiting = taker(turns);
    first.state.end?.();
    const late = taker(turns);
    await waiting.done;
    expect([waiting.state.end !== null, late.state.end]).toEqual([true, null]);
  });
});
