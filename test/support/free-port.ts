// A port on loopback that nobody listens on at this moment.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Asks the system for one and lets it go again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
