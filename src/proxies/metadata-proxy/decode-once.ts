// Percent-decoding that leaves nothing to decode, so that whoever decodes again, or not at all, reads the same.

const ESCAPE_LENGTH = 3;
const PERCENT = 0x25;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/**
 * The text with each escape replaced by its character; the text itself where there is none. Null for an escape that is
 * cut short or not hexadecimal, and for one that stands for anything but a printable character of ASCII: control
 * characters, bytes of UTF-8 (an overlong `/` among them), and the percent sign, which would begin another escape.
 */
export function decodeOnce(text: string): string | null {
  let at = text.indexOf('%');
  if (at === -1) return text;
  let decoded = '';
  let from = 0;
  for (; at !== -1; at = text.indexOf('%', from)) {
    const code = 16 * hexDigit(text.charCodeAt(at + 1)) + hexDigit(text.charCodeAt(at + 2));
    // Comparisons with NaN, which stands for what is no digit, are false.
    if (!(code >= FIRST_PRINTABLE && code <= LAST_PRINTABLE) || code === PERCENT) return null;
    decoded += text.slice(from, at) + String.fromCharCode(code);
    from = at + ESCAPE_LENGTH;
  }
  return decoded + text.slice(from);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : Number.NaN;
}
