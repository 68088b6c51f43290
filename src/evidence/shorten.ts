// Sizes and cuts of text as JSON carries it, so that a bound in bytes holds for any input.

/** Length of text in UTF-8 bytes; half a surrogate pair counts as the three bytes it is sent as. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Cuts text so that it takes at most `maxBytes` within a JSON string, whole characters only, `…` at the cut. */
export function shorten(input: { readonly text: string; readonly maxBytes: number }): string {
  const { text, maxBytes } = input;
  // More characters than bytes can never fit: hostile lengths are not measured to their end.
  if (text.length <= maxBytes && jsonBytes(text) <= maxBytes) return text;
  let kept = '';
  let left = maxBytes - utf8Bytes('…');
  for (const character of text) {
    left -= jsonBytes(character);
    if (left < 0) break;
    kept += character;
  }
  return maxBytes < utf8Bytes('…') ? '' : `${kept}…`;
}

function jsonBytes(text: string): number {
  return utf8Bytes(JSON.stringify(text)) - 2;
}
