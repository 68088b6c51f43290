// One request, from the filter to its answer.
import { responseOf, textAnswer } from './answer.ts';
import { type ExchangeParts, type Read, tellAnswered } from './exchange-parts.ts';
import { judgeRequest } from './filter.ts';
import { givenResponse } from './given-bodies.ts';
import { passed } from './passed-exchange.ts';
import { shared } from './shared-exchange.ts';
import { mayBeShared, sharedKey, wantsNews } from './shared-request.ts';

/** Requests of usual clients are smaller; only what is larger takes of the room for requests. */
const LARGE_REQUEST_BYTES = 2_048;
/** The runtime reads about so much of a body before it is wanted. */
const MOST_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Answers one request, at once where nobody else has to be asked. Never throws; an answer that cannot be had from the
 * upstream is 502 without a body.
 * @param input.onWait called when the request begins to wait: for its turn, for the upstream, for a change
 */
export function exchange(input: {
  readonly parts: ExchangeParts;
  readonly request: Request;
  readonly onWait: () => void;
}): Response | Promise<Response> {
  const { parts, request } = input;
  const startedAtMs = performance.now();
  const headerNames = [...request.headers.keys()];
  const judgement = judgeRequest({ rules: parts.settings.rules, target: request.url, headerNames });
  if (!judgement.allowed) {
    tellAnswered({ ...input, startedAtMs }, { status: 403, source: 'filter' });
    return responseOf(textAnswer({ status: 403, text: judgement.reason }));
  }
  const read = { ...input, target: judgement.forward, isWait: judgement.waitForChange, startedAtMs };
  if (!mayBeShared({ request, headerNames })) return withinBounds(read, passed);
  const key = sharedKey(read);
  const mayKeep = !wantsNews(request);
  const kept = mayKeep && !read.isWait ? parts.answers.kept(key) : null;
  if (kept === null) return withinBounds({ ...read, key, mayKeep }, shared);
  tellAnswered(read, { status: kept.status, source: 'cache' });
  return givenResponse({ answer: kept, end: () => undefined, request });
}

/** Requests that wait keep their headers, and the beginning of their bodies: of many clients more than there is memory for. */
function withinBounds<R extends Read>(read: R, answer: (read: R) => Promise<Response>): Response | Promise<Response> {
  const { request, parts } = read;
  const bodyBytes = bodyBytesOf(request);
  let bytes = bodyBytes;
  for (const [name, value] of request.headers) bytes += name.length + value.length;
  if (bytes <= LARGE_REQUEST_BYTES) return answer(read);
  const end = parts.requestRoom.takeNow(bytes);
  if (end !== null) return answer(read).finally(end);
  const [status, large] = bodyBytes > LARGE_REQUEST_BYTES ? [413, 'bodies'] : [431, 'headers'];
  tellAnswered(read, { status, source: 'filter' });
  return responseOf(textAnswer({ status, text: `Too many requests with large ${large} wait in the metadata proxy` }));
}

/** How much of the body is held at a time, at the most. */
function bodyBytesOf({ body, headers }: Request): number {
  if (body === null) return 0;
  const told = headers.get('content-length');
  // Named twice, it is a list of one and the same.
  return told === null ? MOST_BODY_BYTES : Math.min(Number.parseInt(told, 10), MOST_BODY_BYTES);
}
