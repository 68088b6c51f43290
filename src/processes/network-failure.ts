// Whether a download failed by the way and not by what was asked for, so that it may go well the next time.

/** In the words of Go, of the git that it calls, and of the servers between. */
const WORDS = new RegExp(
  [
    String.raw`dial tcp|read tcp|write tcp|i/o timeout|TLS handshake|unexpected EOF|\bEOF$|stream error|http2: `,
    'connection (?:reset|refused|timed out)|broken pipe|(?:network|host) is unreachable|no such host|server misbehaving',
    String.raw`context deadline exceeded|Client\.Timeout|: (?:429|50\d)(?: |$)|could not resolve host|early EOF|RPC failed`,
  ].join('|'),
  'i',
);

/** Whether this line of a program's output tells of one. */
export function isNetworkFailure(line: string): boolean {
  return WORDS.test(line);
}
