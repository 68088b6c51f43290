// A request of its own, whose answer streams through.
import { MAX_HELD_BYTES } from './body-room.ts';
import { counted, inTurn, orBadGateway, type Read, tellAnswered, upstreamTimeMs } from './exchange-parts.ts';
import { once } from './once.ts';
import { passedHeaders } from './passed-headers.ts';
import { sentHeaders } from './sent-headers.ts';
import type { EndTurn } from './turns.ts';
import { untilItsEnd } from './until-its-end.ts';

/** Passes it on when its turn has come, and the answer as it comes. Never throws. */
export function passed(read: Read): Promise<Response> {
  const { parts, request } = read;
  if (!read.isWait) return inTurn(read, (endTurn) => sent({ read, signal: request.signal, endTurn }));
  return orBadGateway(read, () =>
    parts.waits.during(request, async (signal) => {
      read.onWait();
      const endTurn = await parts.waits.take({ signal });
      parts.metrics.hanging += 1;
      const end = once(() => {
        parts.metrics.hanging -= 1;
        endTurn();
      });
      return await sent({ read, signal, endTurn: end });
    }),
  );
}

async function sent(input: {
  readonly read: Read;
  readonly signal: AbortSignal;
  readonly endTurn: EndTurn;
}): Promise<Response> {
  const { read, signal } = input;
  const { parts, request, target } = read;
  const { metrics } = parts;
  const ending = new AbortController();
  const giveUp = (): void => ending.abort();
  const ends: (() => void)[] = [input.endTurn, () => signal.removeEventListener('abort', giveUp)];
  const end = once(() => {
    for (const each of ends) each();
  });
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    // What other methods are answered with is short, and a client that does not end its body must not hold up who reads.
    if (!read.isWait && request.method === 'GET') ends.push((await parts.room.take({ target, signal })).end);
    const timer = setTimeout(giveUp, upstreamTimeMs(read));
    ends.push(() => clearTimeout(timer));
    const answer = await counted({ metrics, signal }, async () =>
      parts.upstream.pass({
        method: request.method,
        target,
        headers: sentHeaders(request),
        body: request.body,
        signal: ending.signal,
      }),
    );
    learn({ read, answer });
    const onBroken = (): void => void (metrics.upstreamErrors += 1);
    const onPiece = (bytes: number): void => parts.room.dropped(bytes);
    const body = untilItsEnd({ body: answer.body, end, onBroken, onPiece, signal: request.signal });
    const response = new Response(body, {
      status: answer.status,
      headers: passedHeaders(answer.headers).map(([name, value]) => [name, value]),
    });
    tellAnswered(read, { status: answer.status, source: 'upstream' });
    return response;
  } catch (thrown) {
    end();
    throw thrown;
  }
}

function learn(input: { readonly read: Read; readonly answer: globalThis.Response }): void {
  const { read, answer } = input;
  const told = answer.headers.get('content-length');
  if (read.request.method !== 'GET' || answer.status !== 200) return;
  // What does not tell its length may be of any.
  read.parts.room.learn({ target: read.target, bytes: told === null ? MAX_HELD_BYTES : Number(told) });
}
