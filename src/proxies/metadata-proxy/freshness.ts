// How long an answer may be given again, by what it says itself; and how its age shows in it.
import type { Answer, HeaderLine } from './answer.ts';

/** An answer and until when it holds. */
export interface FreshAnswer {
  /** The answer as it is to be given `ageMs` after it came; null once it must be asked for again. */
  at(ageMs: number): Answer | null;
}

interface Token {
  readonly expiresInSeconds: number;
}

/**
 * An access token (a JSON document with `access_token` and `expires_in`) holds until `tokenMarginMs` before its end, and tells a
 * later reader how long it still lives: `expires_in` counts from when it is read. `Cache-Control` is obeyed where the
 * upstream sends one (RFC 9111: `no-store`, `no-cache`, `private`, `s-maxage` or else `max-age`, less `Age`), also for a
 * token. Anything else is not kept: null, and so is what only `Expires` gives an end to, in another clock's time. An answer
 * that is given again tells its age.
 */
export function freshnessOf(input: { readonly answer: Answer; readonly tokenMarginMs: number }): FreshAnswer | null {
  const { answer, tokenMarginMs } = input;
  if (answer.status !== 200 || answer.lines.some(([name]) => /^(?:vary|set-cookie)$/i.test(name))) return null;
  const allowedMs = allowedAgeMs(answer);
  if (allowedMs === 0) return null;
  const token = tokenOf(answer);
  const lifeMs = token === null ? Number.POSITIVE_INFINITY : token.expiresInSeconds * 1000 - tokenMarginMs;
  const bestMs = Math.min(lifeMs, allowedMs ?? lifeMs);
  // Not the other way round: what is no number must not hold for ever.
  if (!(bestMs > 0) || bestMs === Number.POSITIVE_INFINITY) return null;
  let shown = { ageSeconds: 0, spentSeconds: 0, answer };
  return {
    at: (ageMs) => {
      if (ageMs >= bestMs) return null;
      // A token is never told to live longer than it does; an age is in whole seconds that have passed.
      const [ageSeconds, spentSeconds] = [Math.floor(ageMs / 1000), Math.ceil(ageMs / 1000)];
      if (ageSeconds !== shown.ageSeconds || spentSeconds !== shown.spentSeconds) {
        shown = { ageSeconds, spentSeconds, answer: aged({ answer, token, ageSeconds, spentSeconds }) };
      }
      return shown.answer;
    },
  };
}

/** What Cache-Control allows; null where the answer says nothing of it. */
function allowedAgeMs(answer: Answer): number | null {
  const values = answer.lines.filter(([name]) => name.toLowerCase() === 'cache-control').map(([, value]) => value);
  const directives = values
    .join(',')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  if (directives.some((each) => /^(?:no-store|no-cache|private)(?:$|=)/.test(each))) return 0;
  // A shared cache is told its own age where there is one.
  const ages = ['s-maxage', 'max-age'].map((name) => secondsOf({ directives, name })).find((found) => found.length > 0);
  if (ages === undefined) return answer.lines.some(([name]) => name.toLowerCase() === 'expires') ? 0 : null;
  return Math.max(0, (Math.min(...ages) - ageBefore(answer)) * 1000);
}

/** How old the answer was when it came. */
function ageBefore({ lines }: Answer): number {
  const seconds = lines.find(([name]) => name.toLowerCase() === 'age')?.[1] ?? '';
  return /^\d{1,9}$/.test(seconds) ? Number(seconds) : 0;
}

/** What cannot be read allows nothing (RFC 9111, 4.2.1). */
function secondsOf({ directives, name }: { readonly directives: readonly string[]; readonly name: string }): number[] {
  return directives.flatMap((each) => {
    const [directive, value = ''] = each.split('=');
    if (directive !== name) return [];
    return [/^"?\d{1,9}"?$/.test(value) ? Number(value.replaceAll('"', '')) : 0];
  });
}

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();
const LONGEST_TOKEN_BYTES = 16_384;
const EXPIRES_IN = /("expires_in"\s*:\s*)(\d{1,9})(?=\s*[,}])/;

function tokenOf({ body }: Answer): Token | null {
  if (body.length > LONGEST_TOKEN_BYTES) return null;
  const text = DECODER.decode(body);
  if (!text.includes('"access_token"')) return null;
  const found = EXPIRES_IN.exec(text)?.[2];
  // A second one could be anything, a token's own text included: then nobody may change it.
  if (found === undefined || text.split('"expires_in"').length !== 2) return null;
  return { expiresInSeconds: Number(found) };
}

/** With its age told, as RFC 9111 wants it of every kept answer, and what is left of a token's life. */
function aged(input: {
  readonly answer: Answer;
  readonly token: Token | null;
  readonly ageSeconds: number;
  readonly spentSeconds: number;
}): Answer {
  const { answer, token, ageSeconds, spentSeconds } = input;
  const lines: readonly HeaderLine[] = [
    ...answer.lines.filter(([name]) => name.toLowerCase() !== 'age'),
    ['Age', String(ageBefore(answer) + ageSeconds)],
  ];
  if (token === null) return { ...answer, lines };
  const left = token.expiresInSeconds - spentSeconds;
  const text = DECODER.decode(answer.body).replace(EXPIRES_IN, (_, name: string) => `${name}${left}`);
  return { ...answer, lines, body: ENCODER.encode(text) };
}
