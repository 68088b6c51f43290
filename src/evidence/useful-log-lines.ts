// A log's tail, cut down to the few lines that tell a person what went wrong.
import { maskCredentials } from './mask-credentials.ts';

const MAX_LINES = 12;
const MAX_LINE_CHARACTERS = 200;

// Built from code points, so that this file holds no control characters itself.
const ESCAPE = String.fromCharCode(0x1b);
const ANSI = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${String.fromCharCode(7)}${ESCAPE}]*(?:${String.fromCharCode(7)}|${ESCAPE}\\\\)?|[@-Z\\\\-_])`,
  'g',
);

/** Lines that say nothing about a failure: boilerplate, progress, what is being fetched. */
const NOISE: readonly RegExp[] = [
  /a complete log of this run can be found/i,
  /_logs[/\\].*-debug-\d+\.log/i,
  /^npm (?:notice|http|timing|sill|verb)\b/i,
  /^npm (?:err!|error)\s*$/i,
  /^go: downloading /,
  /^fetch https?:\/\/\S+$/i,
  /^\(\d+\/\d+\) (?:installing|upgrading|purging|downloading) /i,
  /^(?:remote: )?(?:counting|compressing|receiving|resolving|enumerating|unpacking|writing)\b.*\d+%/i,
  /^[\s#=>.|/\\-]*\d{1,3}(?:\.\d+)?\s*%[\s#=>.|/\\-]*$/,
  /^[\s#=>.|/\\⠀-⣿-]+$/u,
];

const ERROR_WORD =
  /\b(?:err|errors?|fatal|fail(?:s|ed|ure)?|cannot|can't|could not|couldn't|unable|denied|refused|reset by peer|time[d-]? ?out|not found|no such|panic|killed|unexpected|invalid|forbidden|unauthorized|bad gateway)\b/i;
/** `ECONNREFUSED`, `E404`, `502 Bad`. */
const ERROR_CODE = /\bE(?:[A-Z]{4,}|\d{3})\b|\b[45]\d\d [A-Z]/;

function isError(line: string): boolean {
  return ERROR_WORD.test(line) || ERROR_CODE.test(line);
}

/**
 * At most 12 lines of at most 200 characters, in their order: the last error lines, filled up with the last others.
 * Control and colour characters are stripped, credentials masked, progress and boilerplate dropped, repeats told once.
 */
export function usefulLogLines(input: { readonly text: string }): readonly string[] {
  const lines = dropRepeats(
    input.text
      .split('\n')
      .map(cleanLine)
      .filter((line) => line !== '' && !NOISE.some((noise) => noise.test(line))),
  );
  const numbered = lines.map((line, index) => ({ line, index }));
  const errors = numbered.filter(({ line }) => isError(line)).slice(-MAX_LINES);
  const room = MAX_LINES - errors.length;
  const others = room === 0 ? [] : numbered.filter(({ line }) => !isError(line)).slice(-room);
  return [...errors, ...others].sort((a, b) => a.index - b.index).map(({ line }) => line);
}

function cleanLine(raw: string): string {
  // A carriage return draws over what stood there before: only what is left on the screen counts.
  const shown = raw.replace(ANSI, '').replace(/\r+$/, '').split('\r').at(-1) ?? '';
  const plain = shown
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim();
  const characters = [...maskCredentials(plain)];
  if (characters.length <= MAX_LINE_CHARACTERS) return characters.join('');
  return `${characters.slice(0, MAX_LINE_CHARACTERS - 1).join('')}…`;
}

function dropRepeats(lines: readonly string[]): readonly string[] {
  return lines.filter((line, index) => lines.lastIndexOf(line) === index);
}
