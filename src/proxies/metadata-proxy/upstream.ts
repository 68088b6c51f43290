// The metadata server, asked over connections that are kept and shared.
import type { Answer, HeaderLine } from './answer.ts';
import type { Room } from './body-room.ts';
import type { BunFetchOptions } from './bun-runtime.ts';
import { passedHeaders } from './passed-headers.ts';

/** One request. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query as they go over the wire. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly body?: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** One request whose whole answer is wanted. */
export interface UpstreamRead extends UpstreamRequest {
  /** From the request to the end of its answer. */
  readonly timeoutMs: number;
  readonly room: Pick<Room, 'hold'>;
}

export interface Upstream {
  /** A whole answer, for which `room` has place. @throws Error, NoRoomError */
  read(request: UpstreamRead): Promise<Answer>;
  /** An answer as soon as it begins. @throws Error */
  pass(request: UpstreamRequest): Promise<globalThis.Response>;
}

/** @param input.url base URL without a path */
export function createUpstream({ url }: { readonly url: string }): Upstream {
  const { origin } = new URL(url);
  const open = async (request: UpstreamRequest): Promise<globalThis.Response> => {
    const { method, target, headers, body, signal } = request;
    const options: BunFetchOptions = {
      method,
      headers: headers.map(([name, value]) => [name, value]),
      signal,
      redirect: 'manual',
      decompress: false,
      timeout: false,
      ...(body === undefined || body === null ? {} : { body, duplex: 'half' as const }),
    };
    const response = await fetch(`${origin}${target}`, options);
    if (response.status < 200 || response.status > 599) throw new Error(`${response.status} is no status to give`);
    return response;
  };
  return {
    pass: open,
    read: async ({ timeoutMs, signal, room, ...request }) => {
      signal.throwIfAborted();
      // Its own timer ends with the answer: one of the runtime's would stay for as long as the upstream may take.
      const ending = new AbortController();
      const end = (): void => ending.abort();
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end, { once: true });
      try {
        const response = await open({ ...request, signal: ending.signal });
        const lines = passedHeaders(response.headers).filter(([name]) => name !== 'content-length');
        return { status: response.status, lines, body: await wholeBody({ response, room }) };
      } catch (thrown) {
        // What is not read to its end would go on arriving.
        end();
        throw thrown;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
      }
    },
  };
}

async function wholeBody(input: {
  readonly response: Pick<globalThis.Response, 'headers' | 'body'>;
  readonly room: Pick<Room, 'hold'>;
}): Promise<Uint8Array<ArrayBuffer>> {
  const { response, room } = input;
  const told = Number(response.headers.get('content-length') ?? 0);
  await room.hold(told);
  let whole = new Uint8Array(told);
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (bytes + chunk.length > whole.length) whole = await grown({ whole, bytes, needed: bytes + chunk.length, room });
    whole.set(chunk, bytes);
    bytes += chunk.length;
  }
  return bytes === whole.length ? whole : whole.slice(0, bytes);
}

/** For an answer that did not tell its length: half as much again, or as much as is needed. */
async function grown(input: {
  readonly whole: Uint8Array;
  readonly bytes: number;
  readonly needed: number;
  readonly room: Pick<Room, 'hold'>;
}): Promise<Uint8Array<ArrayBuffer>> {
  const { whole, bytes, needed, room } = input;
  await room.hold(needed);
  const larger = new Uint8Array(Math.max(needed, Math.ceil(bytes * 1.5)));
  larger.set(whole.subarray(0, bytes));
  return larger;
}
