// A target on loopback that knows, from its own sockets, exactly what reached it and what it sent.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface CountingTarget {
  readonly port: number;
  /** Every socket ever accepted, in order. */
  readonly sockets: readonly Socket[];
  /** The next socket to be accepted. */
  nextSocket(): Promise<Socket>;
  receivedBytes(): number;
  sentBytes(): number;
  close(): Promise<void>;
}

/** A raw TCP target; sockets allow half-open, so that `onSocket` alone decides when they end. */
export function startTcpTarget(onSocket: (socket: Socket) => void): Promise<CountingTarget> {
  return listening(createServer({ allowHalfOpen: true }, onSocket));
}

/** A plain HTTP target. */
export function startHttpTarget(onRequest: RequestListener): Promise<CountingTarget> {
  return listening(createHttpServer(onRequest));
}

async function listening(server: Server): Promise<CountingTarget> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sum = (of: (socket: Socket) => number): number => sockets.reduce((bytes, socket) => bytes + of(socket), 0);
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async nextSocket() {
      const [socket] = (await once(server, 'connection')) as [Socket];
      return socket;
    },
    receivedBytes: () => sum((socket) => socket.bytesRead),
    sentBytes: () => sum((socket) => socket.bytesWritten),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
