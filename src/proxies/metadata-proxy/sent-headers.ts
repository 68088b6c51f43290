// Which headers a request has upstream: its client's, and those without which it would have others.
import type { HeaderLine } from './answer.ts';
import { passedHeaders } from './passed-headers.ts';

/** For an HTTP/1.0 client that named none. */
const METADATA_HOST = 'metadata.google.internal';

/** The headers with which a client's request is sent on. */
export function sentHeaders({ headers }: Pick<Request, 'headers'>): HeaderLine[] {
  const lines = passedHeaders(headers).map(([name, value]): HeaderLine => {
    // Told twice, it is one and the same: the runtime has refused two that differ, and would send neither.
    return [name, name === 'content-length' ? String(Number.parseInt(value, 10)) : value];
  });
  if (!headers.has('host')) lines.push(['host', METADATA_HOST]);
  // The runtime would tell its own name for that of the client.
  if (!headers.has('user-agent')) lines.push(['user-agent', '']);
  return lines;
}
