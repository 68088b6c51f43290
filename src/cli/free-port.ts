// Whether a port on loopback can be had.
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** True when nobody listens on the port. */
export function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
}

/** The port where it is free, else 0: any free one. */
export async function portIfFree(port: number): Promise<number> {
  return (await isFreePort(port)) ? port : 0;
}
