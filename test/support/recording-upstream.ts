// A metadata server that writes down what reaches it byte by byte, however careless a reader it would take to see it.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request, as it stood on the wire. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly socket: Socket;
  /** Settles when its connection has closed, from whichever side. */
  readonly gone: Promise<void>;
  /** The first value of a header, in any letter case. */
  header(name: string): string | undefined;
}

/** What to send. A length is added where `headers` say nothing of the body's. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** The whole answer instead, after which the connection is ended unless `open`. */
  readonly raw?: string;
  readonly open?: boolean;
}

/** Decides the answer; never settling is one, too, and null closes the connection without any. */
export type Script = (request: SeenRequest, index: number) => ScriptedAnswer | null | Promise<ScriptedAnswer | null>;

export interface RecordingUpstream {
  readonly port: number;
  readonly url: string;
  /** Everything that ever arrived, in order. */
  readonly seen: readonly SeenRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** Those open at this moment. */
  open(): number;
  /** Waits until so many have arrived over all. */
  received(count: number): Promise<readonly SeenRequest[]>;
  /** Drops every connection and listens no more. */
  stop(): Promise<void>;
}

/** Answers `script` on loopback, on a free port unless told; stopped when the test has finished. */
export async function startRecordingUpstream(script: Script, port = 0): Promise<RecordingUpstream> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let waiting: (() => void)[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    // An answer may be slow; those to later requests of the connection wait for it.
    let turn = Promise.resolve();
    const onRequest = (found: Found): void => {
      const { headers } = found;
      const request = {
        ...found,
        socket,
        gone,
        header: (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1],
      };
      const index = seen.push(request) - 1;
      for (const wake of waiting.splice(0)) wake();
      turn = turn.then(async () =>
        write({ socket, answer: await script(request, index), head: found.method === 'HEAD' }),
      );
    };
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (let found = takeRequest(rest); found !== null; found = takeRequest(rest)) {
        rest = rest.slice(found.end);
        onRequest(found);
      }
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(stop);
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    seen,
    connections: () => connections,
    open: () => sockets.size,
    received: async (count) => {
      while (seen.length < count) await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
      return seen.slice(0, count);
    },
    stop,
  };
}

interface Found {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly end: number;
}

/** Goes on reading whatever the last request said of its connection: what was smuggled behind it shows. */
function takeRequest(text: string): Found | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const [, method = first, target = '', version = ''] = /^(\S+) (.*) (HTTP\/\d\.\d)$/.exec(first) ?? [];
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const valueOf = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  const from = headEnd + 4;
  if (valueOf('transfer-encoding') !== undefined) {
    let body = '';
    for (let at = from; ; ) {
      const lineEnd = text.indexOf('\r\n', at);
      if (lineEnd === -1) return null;
      const size = Number.parseInt(text.slice(at, lineEnd), 16);
      at = lineEnd + 2 + size + 2;
      if (text.length < at) return null;
      body += text.slice(lineEnd + 2, lineEnd + 2 + size);
      if (size === 0) return { method, target, version, headers, body, end: at };
    }
  }
  const end = from + Number(valueOf('content-length') ?? 0);
  return text.length < end ? null : { method, target, version, headers, body: text.slice(from, end), end };
}

function write(input: {
  readonly socket: Socket;
  readonly answer: ScriptedAnswer | null;
  readonly head: boolean;
}): void {
  const { socket, answer, head } = input;
  if (socket.destroyed) return;
  if (answer === null) return void socket.destroy();
  if (answer.raw !== undefined)
    return void (answer.open === true ? socket.write(answer.raw, 'latin1') : socket.end(answer.raw, 'latin1'));
  const { status = 200, headers = [], body = '' } = answer;
  const framed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const bytes = Buffer.from(body);
  const lines = [
    `HTTP/1.1 ${status} Scripted`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(framed ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head ? Buffer.alloc(0) : bytes]));
}
