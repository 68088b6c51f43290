// Which requests may share an answer, what tells one such answer from another, and what is sent for all of them.
import { sentHeaders } from './sent-headers.ts';
import type { UpstreamRequest } from './upstream.ts';

/** A request may share its answer with others only if it says nothing beyond these, of which the key has what matters. */
const PLAIN_HEADERS = new Set([
  'host',
  'user-agent',
  'accept',
  'accept-encoding',
  'connection',
  'metadata-flavor',
  'x-google-metadata-request',
  // What client libraries tell of themselves and of their language, and how Java's and fetch's ask.
  'x-goog-api-client',
  'accept-language',
  'sec-fetch-mode',
  'cache-control',
  'pragma',
]);

/** All that an answer may depend on; nothing else of a client is sent for the others. */
const TOLD_HEADERS = ['host', 'accept', 'metadata-flavor', 'x-google-metadata-request'] as const;

/** A Connection header that takes others away would make one request less than what its key says. */
const PLAIN_CONNECTION = /^(?:keep-alive|close)?$/i;

/** A request, and the target with which it is sent on. */
export interface TargetedRequest {
  readonly request: Request;
  readonly target: string;
}

/** Whether others may have the answer, too. `headerNames` in lower case. */
export function mayBeShared(input: { readonly request: Request; readonly headerNames: readonly string[] }): boolean {
  const { request, headerNames } = input;
  return (
    request.method === 'GET' &&
    request.body === null &&
    headerNames.every((name) => PLAIN_HEADERS.has(name)) &&
    PLAIN_CONNECTION.test(request.headers.get('connection') ?? '')
  );
}

/** Everything that a shared answer can depend on. */
export function sharedKey({ request, target }: TargetedRequest): string {
  const { headers } = request;
  // An empty header is not an absent one. No header value has a line break or a null character.
  const told = TOLD_HEADERS.map((name) => headers.get(name) ?? '\0');
  // Those who want news share theirs with each other alone.
  return [target, ...told, ...(wantsNews({ headers }) ? ['news'] : [])].join('\n');
}

/** Whether the client wants no kept answer: whatever it says of keeping is taken for that. */
export function wantsNews({ headers }: Pick<Request, 'headers'>): boolean {
  return headers.has('cache-control') || headers.has('pragma');
}

/** Without what one client prefers or says of itself: the answer is for all who ask alike. */
export function sharedRequest({
  request,
  target,
}: TargetedRequest): Pick<UpstreamRequest, 'method' | 'target' | 'headers'> {
  const told: readonly string[] = TOLD_HEADERS;
  const headers = sentHeaders(request).filter(([name]) => told.includes(name));
  return {
    method: 'GET',
    target,
    headers: [...headers, ['user-agent', 'proxybench-metadata-proxy'], ['accept-encoding', 'identity']],
  };
}
