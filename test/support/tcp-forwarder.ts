// A TCP forwarder in front of a real server: counts connections, and cuts them when a test says so.
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface TcpForwarder {
  readonly port: number;
  /** Connections accepted so far. */
  opened(): number;
  /** Ends every connection, and refuses new ones until `resume`. */
  cut(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Forwards a port of this machine's loopback to `host:port`. */
export async function startTcpForwarder(input: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpForwarder> {
  const sockets = new Set<Socket>();
  let opened = 0;
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) {
      near.resetAndDestroy();
      return;
    }
    opened += 1;
    const far = connect({ host: input.host, port: input.port });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        (socket === near ? far : near).destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    opened: () => opened,
    cut: () => {
      refusing = true;
      end();
    },
    resume: () => {
      refusing = false;
    },
    close: async () => {
      end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
