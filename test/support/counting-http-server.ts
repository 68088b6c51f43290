// An HTTP server on bare sockets that counts what it sees, and answers as a test wants.
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

export interface CountingHttpServer {
  readonly url: string;
  readonly port: number;
  /** Whole requests, connections in all, and the most at one time, so far. */
  readonly seen: { requests: number; connections: number; mostConnections: number };
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly socket: Socket;
  /** 1 for the first. */
  readonly number: number;
  readonly head: string;
}

/** What most tests want: 200 with five bytes, and the connection kept or closed as the client asked. */
export function answerOk({ socket, head }: SeenRequest): void {
  const keeps = /HTTP\/1\.1/.test(head)
    ? !/\r\nConnection: close/i.test(head)
    : /\r\nConnection: keep-alive/i.test(head);
  const text = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: ${keeps ? 'keep-alive' : 'close'}\r\n\r\nhello`;
  if (keeps) socket.write(text);
  else socket.end(text);
}

/** Listens on loopback; `answer` is called for each whole request head. */
export async function startCountingHttpServer(
  answer: (request: SeenRequest) => void = answerOk,
): Promise<CountingHttpServer> {
  const seen = { requests: 0, connections: 0, mostConnections: 0 };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    seen.connections += 1;
    seen.mostConnections = Math.max(seen.mostConnections, open.size);
    let pending = '';
    socket.on('data', (chunk) => {
      const [head, ...others] = `${pending}${chunk.toString('latin1')}`.split('\r\n\r\n');
      pending = others.length === 0 ? (head ?? '') : others.join('\r\n\r\n');
      if (others.length === 0) return;
      seen.requests += 1;
      answer({ socket, number: seen.requests, head: head ?? '' });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    seen,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
