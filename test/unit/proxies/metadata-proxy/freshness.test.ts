import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/proxies/metadata-proxy/answer.ts';
import { freshnessOf } from '../../../../src/proxies/metadata-proxy/freshness.ts';

const MARGIN_MS = 300_000;

function answer(given: { readonly status?: number; readonly lines?: Answer['lines']; readonly body?: string }): Answer {
  const { status = 200, lines = [], body = 'x' } = given;
  return { status, lines, body: new TextEncoder().encode(body) };
}

const token = (expiresIn: number | string, lines: Answer['lines'] = []) =>
  answer({ lines, body: `{"access_token":"ya29.abc","expires_in":${expiresIn},"token_type":"Bearer"}` });

const fresh = (given: Answer, tokenMarginMs = MARGIN_MS) => freshnessOf({ answer: given, tokenMarginMs });

const text = (given: Answer | null | undefined) =>
  given === null || given === undefined ? null : new TextDecoder().decode(given.body);

const ageOf = (given: Answer | null | undefined) => given?.lines.find(([name]) => name.toLowerCase() === 'age')?.[1];

describe('a token', () => {
  it('is not kept by a margin that is no number', () => {
    expect(fresh(token(3_599), Number.NaN)).toBeNull();
  });

  it('holds until the margin before its end, to the millisecond', () => {
    const kept = fresh(token(3_599));
    expect(text(kept?.at(3_299_000 - 1))).not.toBeNull();
    expect(kept?.at(3_299_000)).toBeNull();
    expect(kept?.at(10_000_000)).toBeNull();
  });

  it.each([
    [0, 3_599],
    [1, 3_598],
    [999, 3_598],
    [1_000, 3_598],
    [1_001, 3_597],
    [60_000, 3_539],
    [3_298_999, 300],
  ])('tells after %i ms that it lives %i s, never more than it does', (ageMs, left) => {
    expect(text(fresh(token(3_599))?.at(ageMs))).toBe(
      `{"access_token":"ya29.abc","expires_in":${left},"token_type":"Bearer"}`,
    );
  });

  it('keeps every other character of its document', () => {
    const body = '{\n  "access_token": "a\\"expires_\\u0069n\\":1",\n  "expires_in" :  3599 ,\n  "é": "ü" }\n';
    expect(text(fresh(answer({ body }))?.at(5_000))).toBe(body.replace('3599', '3594'));
  });

  it('is made anew once a second, not for each reader', () => {
    const kept = fresh(token(3_599));
    expect(kept?.at(1_100)).toBe(kept?.at(1_900));
    expect(kept?.at(2_100)).not.toBe(kept?.at(1_900));
  });

  it.each([
    ['lives no longer than the margin', token(300)],
    ['is over', token(0)],
    ['does not say how long it lives', answer({ body: '{"access_token":"a"}' })],
    ['says it as text', token('"3599"')],
    ['says it in parts of a second', token('3599.5')],
    ['says it below zero', token('-3599')],
    ['says it twice', answer({ body: '{"access_token":"a","expires_in":3599,"x":{"expires_in":1}}' })],
    ['comes with an error', { ...token(3_599), status: 500 }],
    ['varies', token(3_599, [['Vary', 'X-Any']])],
    ['must not be kept', token(3_599, [['Cache-Control', 'no-store']])],
    ['has an end of another clock', token(3_599, [['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT']])],
    ['may age for a time that is none', token(3_599, [['Cache-Control', 'max-age=-1']])],
    ['is very long', answer({ body: `{"access_token":"${'a'.repeat(20_000)}","expires_in":3599}` })],
  ])('is not kept when it %s', (_title, given) => {
    expect(fresh(given)).toBeNull();
  });

  it('holds no longer than Cache-Control allows', () => {
    const kept = fresh(token(3_599, [['Cache-Control', 'max-age=10']]));
    expect([text(kept?.at(9_999)) === null, kept?.at(10_000)]).toEqual([false, null]);
  });

  it('with a margin of nothing holds to its very end', () => {
    const kept = fresh(token(10), 0);
    expect([text(kept?.at(9_999)) === null, kept?.at(10_000)]).toEqual([false, null]);
    expect(text(kept?.at(9_999))).toContain('"expires_in":0');
  });
});

describe('any other document', () => {
  it('is kept for as long as it allows, and not at all when it says nothing', () => {
    const kept = fresh(answer({ lines: [['Cache-Control', 'public, max-age=60']] }));
    expect([text(kept?.at(59_999)), kept?.at(60_000)]).toEqual(['x', null]);
    expect(fresh(answer({}))).toBeNull();
  });

  it.each<readonly [string, Answer['lines'], number | null]>([
    [
      'less what it has aged already',
      [
        ['Cache-Control', 'max-age=60'],
        ['Age', '50'],
      ],
      10_000,
    ],
    [
      'not at all when that is all of it',
      [
        ['Cache-Control', 'max-age=60'],
        ['Age', '60'],
      ],
      null,
    ],
    [
      'as the least of several says',
      [
        ['Cache-Control', 'max-age=60'],
        ['Cache-Control', 'max-age=5'],
      ],
      5_000,
    ],
    ['as is said of shared ones, where it is', [['cache-control', 'max-age=60, s-maxage=5']], 5_000],
    ['as is said of shared ones, even when that is longer', [['cache-control', 'max-age=5, s-maxage=60']], 60_000],
    ['not at all when shared ones must not', [['cache-control', 'max-age=60, s-maxage=0']], null],
    ['not at all when only its reader may', [['Cache-Control', 'max-age=60, private']], null],
    ['not at all when a part is private', [['Cache-Control', 'max-age=60, private="x-a"']], null],
    ['not at all when it must be asked for', [['Cache-Control', 'NO-CACHE, max-age=60']], null],
    ['not at all for a number that is none', [['Cache-Control', 'max-age=1e9']], null],
    [
      'as if new for an age that is none',
      [
        ['Cache-Control', 'max-age=60'],
        ['Age', '-50'],
      ],
      60_000,
    ],
    [
      'as Cache-Control says, whatever another clock does',
      [
        ['Expires', '0'],
        ['Cache-Control', 'max-age=60'],
      ],
      60_000,
    ],
    ['not at all for a bare word', [['Cache-Control', 'max-age']], null],
  ])('is kept %s', (_title, lines, heldMs) => {
    const kept = fresh(answer({ lines }));
    if (heldMs === null) {
      expect(kept).toBeNull();
      return;
    }
    expect([text(kept?.at(heldMs - 1)), kept?.at(heldMs)]).toEqual(['x', null]);
  });

  it('tells its age, that with which it came included', () => {
    const kept = fresh(
      answer({
        lines: [
          ['Cache-Control', 'max-age=60'],
          ['Age', '7'],
          ['ETag', 'a'],
        ],
      }),
    );
    expect(ageOf(kept?.at(0))).toBe('7');
    expect(ageOf(kept?.at(1_500))).toBe('8');
    expect(ageOf(kept?.at(999))).toBe('7');
    expect(kept?.at(1_500)?.lines.filter(([name]) => name.toLowerCase() === 'age')).toHaveLength(1);
    expect(kept?.at(1_500)?.lines).toContainEqual(['ETag', 'a']);
  });

  it('has no age when it comes straight from the upstream', () => {
    const given = answer({ lines: [['Cache-Control', 'max-age=60']] });
    expect(fresh(given)?.at(0)).toBe(given);
  });
});
