// Reads the head of what a CGI program answers; HTTP's own head is made from it.

/** Status and header fields, and the first bytes of the body that came along with them. */
export interface CgiHead {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly rest: Buffer;
}

/** No honest head is longer; what goes on beyond is no CGI answer. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** The head, or null while its closing empty line has not come. */
export function parseCgiHead(bytes: Buffer): CgiHead | null {
  const end = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
  if (end === null) {
    return null;
  }
  const fields = bytes
    .toString('latin1', 0, end.index)
    .split(/\r?\n/)
    .flatMap((line) => {
      const colon = line.indexOf(':');
      return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
    });
  const isStatus = ([name]: readonly [string, string]): boolean => name.toLowerCase() === 'status';
  return {
    status: Number.parseInt(fields.find(isStatus)?.[1] ?? '200', 10),
    headers: fields.filter((field) => !isStatus(field)),
    rest: bytes.subarray(end.index + end[0].length),
  };
}
