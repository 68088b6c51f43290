// A port on this machine's loopback that leads to a port on a Pod's: each connection finds the Pod of the moment anew.
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { Writable } from 'node:stream';
import { PortForward } from '@kubernetes/client-node';
import { UnreachableError, messageOf } from '../../errors/errors.ts';
import type { KubeClient } from './kube-client.ts';

/** An open way. */
export interface ForwardedPort {
  readonly port: number;
  /** Connections that are open right now. */
  connections(): number;
  close(): Promise<void>;
}

/** The part of a WebSocket that is needed, whichever library it is of. */
interface Tunnel {
  close(): void;
  terminate?(): void;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/**
 * Listens on a port that the system chooses. A connection ends when its far side does, and the other way round; one for
 * which no Pod is ready is ended at once, and the next one looks again.
 * @throws UnreachableError when no port can be had
 */
export async function forwardPort(input: {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly port: number;
  /** The Pod to lead to, asked for each connection. */
  readonly findPod: () => Promise<string>;
}): Promise<ForwardedPort> {
  const tunnels = new Map<Socket, Tunnel | null>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    tunnels.set(socket, null);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      end(tunnels.get(socket) ?? null);
      tunnels.delete(socket);
    });
    carry({ ...input, socket }).then(
      (tunnel) => {
        if (!tunnels.has(socket)) return end(tunnel);
        tunnels.set(socket, tunnel);
        // The library never ends the near side when the far one closes.
        tunnel.on('close', () => socket.destroySoon());
        tunnel.on('error', () => socket.destroy());
        socket.resume();
      },
      () => socket.destroy(),
    );
  });
  const port = await listen(server);
  return {
    port,
    connections: () => tunnels.size,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, tunnel] of tunnels) {
        end(tunnel);
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Opens the tunnel that carries one connection. */
async function carry(input: {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly port: number;
  readonly findPod: () => Promise<string>;
  readonly socket: Socket;
}): Promise<Tunnel> {
  const { client, namespace, port, socket } = input;
  const pod = await input.findPod();
  // The kubelet says on a channel of its own that nobody listens on the port.
  const refusals = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (chunk.length > 0) socket.destroy();
      done();
    },
  });
  const tunnel = await new PortForward(client.config()).portForward(namespace, pod, [port], socket, refusals, socket);
  if (typeof tunnel === 'function') throw new Error('a tunnel that mends itself was not asked for');
  return tunnel;
}

function end(tunnel: Tunnel | null): void {
  // A half-dead far side would keep a polite end waiting.
  if (tunnel?.terminate === undefined) tunnel?.close();
  else tunnel.terminate();
}

async function listen(server: Server): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new UnreachableError(`no port can be opened on 127.0.0.1: ${messageOf(error)}`, 'Free some ports')),
    );
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
