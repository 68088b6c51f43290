// Where a Clash API is and how it is asked, in a form that is safe to show: the secret and the URL never mix.
import { InvalidInputError, UnreachableError } from '../errors/errors.ts';

export interface ClashEndpoint {
  /** The full URL of a path: `http://127.0.0.1:9090/connections`. No credentials in it. */
  url(path: string): string;
  /** The same over WebSocket, with the pace. */
  streamUrl(input: { readonly path: string; readonly intervalMs: number }): string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestTimeoutMs: number;
}

/**
 * Credentials, query and fragment of `url` are dropped: the secret has its own place.
 * @throws InvalidInputError for a URL or a secret that cannot be used; neither is shown.
 */
export function clashEndpoint(input: {
  readonly url: string;
  readonly secret: string | undefined;
  readonly requestTimeoutMs: number;
}): ClashEndpoint {
  const given = URL.parse(input.url);
  if (given === null || (given.protocol !== 'http:' && given.protocol !== 'https:')) {
    throw new InvalidInputError([
      {
        path: 'controlUrl',
        message: 'the control API needs an http:// or https:// URL',
        hint: 'Write it as http://127.0.0.1:9090',
      },
    ]);
  }
  // A header cannot carry anything else, and the error for trying would show the secret.
  if (input.secret !== undefined && !/^[\x21-\x7e]+$/.test(input.secret)) {
    throw new InvalidInputError([
      {
        path: 'controlSecret',
        message: 'the secret is empty or holds blanks, line ends or characters beyond ASCII',
        hint: "Put the proxy's own secret there, nothing around it",
      },
    ]);
  }
  const base = `${given.origin}${given.pathname.replace(/\/+$/, '')}`;
  return {
    url: (path) => `${base}${path}`,
    streamUrl: ({ path, intervalMs }) => `${base.replace(/^http/, 'ws')}${path}?interval=${intervalMs}`,
    headers: input.secret === undefined ? {} : { authorization: `Bearer ${input.secret}` },
    requestTimeoutMs: input.requestTimeoutMs,
  };
}

/** An `UnreachableError` that says what to look at. `cause` is what the system said: a code, a status, a reason. */
export function unreachable(input: {
  readonly url: string;
  readonly cause: string;
  readonly status?: number;
}): UnreachableError {
  const message = `The proxy's control API at ${input.url} cannot be read: ${input.cause}`;
  return new UnreachableError(message, hintFor(input.status));
}

function hintFor(status: number | undefined): string {
  if (status === 401 || status === 403) return "Check the secret: it must be the one in the proxy's own configuration";
  if (status !== undefined) return 'Check that the URL is that of a Clash API and not of something else on that port';
  return 'Check that the proxy runs and its control API listens there; proxybench serve egress-proxy starts that of a host';
}
