// Lets somebody in who cannot reach loopback: a port on another address of this machine, handed on as it is.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port that is open until closed. */
export interface ForwardedPort {
  /** `address:port`. */
  readonly address: string;
  /** Ends every connection too. */
  close(): Promise<void>;
}

/** Listens on a free port of `on`, and hands every connection on to `to`, an `address:port`. */
export async function forwardPort(input: { readonly on: string; readonly to: string }): Promise<ForwardedPort> {
  const [host = '', port = ''] = input.to.split(':');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, input.on);
  await once(server, 'listening');
  return {
    address: `${input.on}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
