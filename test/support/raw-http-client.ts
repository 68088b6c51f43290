// A client that sends exactly the bytes it is given, and reads answers one by one off its own connection.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One answer, as it stood on the wire. */
export interface RawAnswer {
  readonly version: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly text: string;
  /** The first value of a header, in any letter case. */
  header(name: string): string | undefined;
}

export interface RawHttpClient {
  readonly socket: Socket;
  /** Sends bytes as they are. */
  send(bytes: string | Buffer): void;
  /** The next answer. With `head` it has no body whatever it says. @throws Error when the connection ends before it */
  answer(options?: { readonly head?: boolean }): Promise<RawAnswer>;
  /** How the other side ended the connection; what it sent before and nobody asked for. */
  readonly ended: Promise<{ readonly how: 'end' | 'reset'; readonly rest: string }>;
}

/** Connects and waits until that is done; closed when the test has finished. */
export async function openRawHttpClient({ port }: { readonly port: number }): Promise<RawHttpClient> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let buffered = Buffer.alloc(0);
  let over: 'end' | 'reset' | null = null;
  let wake: () => void = () => undefined;
  const changed = (): void => wake();
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    changed();
  });
  const ended = new Promise<{ readonly how: 'end' | 'reset'; readonly rest: string }>((resolve) => {
    const end = (how: 'end' | 'reset'): void => {
      over ??= how;
      changed();
      resolve({ how: over, rest: buffered.toString('latin1') });
    };
    socket.on('end', () => end('end'));
    socket.on('error', () => end('reset'));
    socket.on('close', () => end('end'));
  });
  await once(socket, 'connect');
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    ended,
    answer: async ({ head = false } = {}) => {
      for (;;) {
        const taken = takeAnswer({ buffered, head, over: over !== null });
        if (taken !== null) {
          buffered = taken.rest;
          return taken.answer;
        }
        if (over !== null)
          throw new Error(`the connection ended (${over}) after ${JSON.stringify(buffered.toString('latin1'))}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** One request on a connection of its own, and its answer. */
export async function askRaw(input: { readonly port: number; readonly bytes: string | Buffer }): Promise<RawAnswer> {
  const client = await openRawHttpClient(input);
  client.send(input.bytes);
  const answer = await client.answer();
  client.socket.destroy();
  return answer;
}

function takeAnswer(input: {
  readonly buffered: Buffer;
  readonly head: boolean;
  readonly over: boolean;
}): { readonly answer: RawAnswer; readonly rest: Buffer<ArrayBuffer> } | null {
  const { buffered, head, over } = input;
  const headEnd = buffered.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [first = '', ...lines] = buffered.subarray(0, headEnd).toString('latin1').split('\r\n');
  const [, version = '', code = ''] = /^(HTTP\/\d\.\d) (\d{3})(?: |$)/.exec(first) ?? [];
  if (version === '') throw new Error(`no answer begins like this: ${JSON.stringify(first)}`);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const header = (name: string): string | undefined =>
    headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
  const status = Number(code);
  const from = headEnd + 4;
  const none = head || status === 204 || status === 304 || status < 200;
  const framed = none
    ? { body: Buffer.alloc(0), end: from }
    : takeBody({
        buffered,
        from,
        over,
        length: header('content-length'),
        chunked: header('transfer-encoding') === 'chunked',
      });
  if (framed === null) return null;
  const answer = { version, status, headers, body: framed.body, text: framed.body.toString('utf8'), header };
  return { answer, rest: Buffer.from(buffered.subarray(framed.end)) };
}

function takeBody(input: {
  readonly buffered: Buffer;
  readonly from: number;
  readonly over: boolean;
  readonly length: string | undefined;
  readonly chunked: boolean;
}): { readonly body: Buffer; readonly end: number } | null {
  const { buffered, from, over, length, chunked } = input;
  if (!chunked && length === undefined) return over ? { body: buffered.subarray(from), end: buffered.length } : null;
  if (!chunked) {
    const end = from + Number(length);
    return buffered.length < end ? null : { body: buffered.subarray(from, end), end };
  }
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = buffered.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(buffered.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (buffered.length < end) return null;
    parts.push(buffered.subarray(lineEnd + 2, lineEnd + 2 + size));
    if (size === 0) return { body: Buffer.concat(parts), end };
    at = end;
  }
}
