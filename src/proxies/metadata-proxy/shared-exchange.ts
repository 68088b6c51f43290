// A read whose answer is everybody's who asks for the same at the same time.
import { MAX_HELD_BYTES, NoRoomError } from './body-room.ts';
import { counted, inTurn, orBadGateway, type Read, tellAnswered, upstreamTimeMs } from './exchange-parts.ts';
import { givenResponse } from './given-bodies.ts';
import { once } from './once.ts';
import { passed } from './passed-exchange.ts';
import type { HeldAnswer } from './shared-answers.ts';
import { sharedRequest } from './shared-request.ts';

/** A request that may be shared. */
export interface SharedRead extends Read {
  readonly key: string;
  /** False for a client that wants no kept answer. */
  readonly mayKeep: boolean;
}

/** The shared answer; what is too large to be held is passed on instead. Never throws. */
export function shared(read: SharedRead): Promise<Response> {
  const { parts, request } = read;
  if (parts.room.isLarge(read.target)) return passed(read);
  if (!read.isWait) return inTurn(read, (endTurn) => orPassed(read, given({ read, signal: request.signal, endTurn })));
  const waited = (): Promise<Response> =>
    parts.waits.during(request, async (signal) => {
      read.onWait();
      parts.metrics.hanging += 1;
      const endTurn = once(() => void (parts.metrics.hanging -= 1));
      return await given({ read, signal, endTurn });
    });
  return orBadGateway(read, () => orPassed(read, waited()));
}

async function orPassed(read: SharedRead, answer: Promise<Response>): Promise<Response> {
  try {
    return await answer;
  } catch (thrown) {
    if (!(thrown instanceof NoRoomError)) throw thrown;
    return await passed(read);
  }
}

async function given(input: {
  readonly read: SharedRead;
  readonly signal: AbortSignal;
  readonly endTurn: () => void;
}): Promise<Response> {
  const { read, signal, endTurn } = input;
  const { parts, request, key, mayKeep, isWait } = read;
  try {
    const { answer, source, end } = await parts.answers.get({
      key,
      mayKeep: mayKeep && !isWait,
      signal,
      read: async (flight) => (isWait ? await waitedAnswer(read, flight) : await readAnswer(read, flight)),
    });
    const response = givenResponse({
      answer,
      request,
      end: () => {
        end();
        endTurn();
      },
    });
    tellAnswered(read, { status: answer.status, source });
    return response;
  } catch (thrown) {
    endTurn();
    throw thrown;
  }
}

/** Asks once more where the document turned out larger than the room that there was at once. */
async function readAnswer(read: SharedRead, signal: AbortSignal): Promise<HeldAnswer> {
  const { parts, target } = read;
  for (;;) {
    const room = await parts.room.take({ target, signal });
    try {
      const answer = await asked({ read, room, signal });
      if (answer.status === 200) parts.room.learn({ target, bytes: answer.body.length });
      return { answer, release: room.end };
    } catch (thrown) {
      room.end();
      if (!(thrown instanceof NoRoomError)) throw thrown;
      parts.room.learn({ target, bytes: Math.max(thrown.bytes, MAX_HELD_BYTES) });
      if (thrown.bytes > MAX_HELD_BYTES) throw thrown;
    }
  }
}

/** The turn is that of the upstream request: however many wait for the same, it is one. */
async function waitedAnswer(read: SharedRead, signal: AbortSignal): Promise<HeldAnswer> {
  const { parts } = read;
  const endTurn = await parts.waits.take({ signal });
  const room = parts.room.takeLater({ signal });
  try {
    return { answer: await asked({ read, room, signal }), release: room.end };
  } catch (thrown) {
    room.end();
    throw thrown;
  } finally {
    endTurn();
  }
}

async function asked(input: {
  readonly read: SharedRead;
  readonly room: Parameters<Read['parts']['upstream']['read']>[0]['room'];
  readonly signal: AbortSignal;
}) {
  const { read, room, signal } = input;
  const { metrics, upstream } = read.parts;
  return await counted({ metrics, signal }, () =>
    upstream.read({ ...sharedRequest(read), timeoutMs: upstreamTimeMs(read), room, signal }),
  );
}
