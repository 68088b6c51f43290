// One GET to a Clash API, bounded in time and size; every failure comes out as one kind of error.
import { messageOf } from '../errors/errors.ts';
import { type ClashEndpoint, unreachable } from './clash-endpoint.ts';
import { MalformedDocumentError } from './clash-document.ts';

/**
 * The answer to GET `path`, parsed.
 * @throws UnreachableError for no answer, another status than 200, or a document that is none.
 * @throws the signal's reason once `signal` is aborted.
 */
export async function getFromClash<Parsed>(input: {
  readonly endpoint: ClashEndpoint;
  readonly path: string;
  readonly parse: (text: string) => Parsed;
  /** Called as soon as the headers of any answer are there. */
  readonly onHeaders?: (headers: Headers) => void;
  readonly signal: AbortSignal;
}): Promise<Parsed> {
  const { endpoint, path, parse, onHeaders, signal } = input;
  const url = endpoint.url(path);
  try {
    const response = await fetch(url, {
      headers: endpoint.headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(endpoint.requestTimeoutMs)]),
    });
    onHeaders?.(response.headers);
    if (response.status !== 200) {
      await response.body?.cancel();
      throw unreachable({ url, cause: `it answered ${response.status}`, status: response.status });
    }
    return parse(await response.text());
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MalformedDocumentError) {
      throw unreachable({ url, cause: `it is not a Clash API's answer (${error.message})`, status: 200 });
    }
    if (!(error instanceof Error) || error.name === 'UnreachableError') throw error;
    throw unreachable({ url, cause: causeOf(error, endpoint.requestTimeoutMs) });
  }
}

function causeOf(error: Error, requestTimeoutMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${requestTimeoutMs} ms`;
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return messageOf(error);
}
