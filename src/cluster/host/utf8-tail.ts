// Cuts the end off a text in bytes without cutting a character in two.

/**
 * The last whole characters of `bytes` that fit into `maxBytes` of UTF-8. Broken bytes become U+FFFD, which counts as
 * the three bytes it takes; a character that is still being written at the end is left out.
 */
export function utf8Tail(input: { readonly bytes: Buffer; readonly maxBytes: number }): {
  readonly text: string;
  readonly cut: boolean;
} {
  const { bytes, maxBytes } = input;
  let start = Math.max(0, bytes.length - maxBytes);
  if (start > 0) {
    start = afterContinuation({ bytes, start });
  }
  // `stream` keeps an unfinished character at the end back instead of showing it as broken.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start), { stream: true });
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.length <= maxBytes) {
    return { text, cut: start > 0 };
  }
  const fitting = afterContinuation({ bytes: encoded, start: encoded.length - maxBytes });
  return { text: encoded.toString('utf8', fitting), cut: true };
}

/** The first place from `start` on where a character can begin; a character has three such bytes at the most. */
function afterContinuation(input: { readonly bytes: Buffer; readonly start: number }): number {
  let place = input.start;
  while (place < input.start + 3 && ((input.bytes[place] ?? 0) & 0xc0) === 0x80) {
    place += 1;
  }
  return place;
}
