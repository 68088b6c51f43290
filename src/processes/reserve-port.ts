// A port for a program that is told where to listen, before it listens there.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/**
 * A free port of the address, given to nobody else for the next minute: one connection has just ended on it, server's
 * side first, and while the system remembers that (TIME_WAIT) it gives the port to nobody who asks for any. Whoever names
 * it may listen there at once if it sets SO_REUSEADDR, as Node, Bun and Go always do.
 * @throws the system's own error when the address cannot be listened on (`EADDRNOTAVAIL`)
 */
export async function reservePort({ ip }: { readonly ip: string }): Promise<number> {
  const server = createServer((socket) => {
    socket.resume();
    // This side ends first and in peace: of a reset, or of a client's end, nothing would be remembered here.
    socket.end();
  }).listen(0, ip);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const client = connect({ port, host: ip });
    client.resume();
    await once(client, 'close');
  } finally {
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
  return port;
}
