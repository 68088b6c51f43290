// Reads the head of an answer, strictly: what two readers could understand in two ways is an error.

/** What must be known to find the end of an answer, and to use its connection again. */
export interface ResponseHead {
  readonly status: number;
  readonly body: { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' | 'until-close' };
  /** The server keeps the connection open after this answer. */
  readonly keepsConnection: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t -~\x80-\xff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[\t ]*([\t -~\x80-\xff]*)$/;
const LENGTH = /^\d{1,15}$/;

/** `head` without its empty last line; a string says what is wrong with it. */
export function readResponseHead(input: { readonly head: string; readonly toHead: boolean }): ResponseHead | string {
  const [first = '', ...lines] = input.head.split('\r\n');
  const [, minor, statusText] = STATUS_LINE.exec(first) ?? [];
  if (statusText === undefined) return 'not a status line of HTTP/1.0 or 1.1';
  const status = Number(statusText);
  let length: string | null = null;
  let coding: string | null = null;
  let connection = '';
  for (const line of lines) {
    const [, name, value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined) return 'not a header line';
    switch (name.toLowerCase()) {
      case 'content-length':
        if (!LENGTH.test(value.trimEnd())) return 'not a Content-Length';
        if (length !== null && Number(length) !== Number(value)) return 'two lengths';
        length = value.trimEnd();
        break;
      case 'transfer-encoding':
        if (coding !== null || value.trimEnd().toLowerCase() !== 'chunked')
          return 'a transfer coding other than chunked';
        coding = value;
        break;
      case 'connection':
        connection = `${connection},${value.toLowerCase()}`;
        break;
    }
  }
  if (coding !== null && length !== null) return 'both a length and chunks';
  if (coding !== null && minor === '0') return 'chunks in an answer of HTTP/1.0';
  const options = connection.split(',').map((option) => option.trim());
  const asked = minor === '1' ? !options.includes('close') : options.includes('keep-alive');
  if (input.toHead || status === 204 || status === 304 || status < 200) {
    return { status, body: { kind: 'length', bytes: 0 }, keepsConnection: asked };
  }
  if (coding !== null) return { status, body: { kind: 'chunked' }, keepsConnection: asked };
  if (length !== null) return { status, body: { kind: 'length', bytes: Number(length) }, keepsConnection: asked };
  return { status, body: { kind: 'until-close' }, keepsConnection: false };
}
