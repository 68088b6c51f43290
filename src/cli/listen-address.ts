// Addresses to listen on, as they are written on a command line, and whether this machine lets one have them.
import { createServer } from 'node:net';
import type { Problem } from '../errors/errors.ts';

/** Host and port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:([A-Za-z0-9.-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\]):(\d{1,5})$/;

/** `127.0.0.1:988`, `[::1]:988`; null for anything else, a port alone among it. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, plain, bracketed, digits] = FORM.exec(text) ?? [];
  const host = plain ?? bracketed;
  const port = Number(digits);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** As it is written. */
export function shownListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine's own programs can connect to it. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

const LEAST_OPEN_PORT = 1_024;

/** Why the address cannot be listened on at this moment; null when it can. `flag` is where it was given. */
export async function whyNotListen(input: {
  readonly flag: string;
  readonly address: ListenAddress;
}): Promise<Problem | null> {
  const { flag, address } = input;
  const code = await listenError(address);
  if (code === null) return null;
  const problem = { path: flag, value: shownListenAddress(address) };
  const { port } = address;
  switch (code) {
    case 'EACCES':
      return {
        ...problem,
        message: `port ${port} is below ${LEAST_OPEN_PORT}, and this user may not listen there`,
        hint:
          `Run it as root, or let everybody use it: sysctl net.ipv4.ip_unprivileged_port_start=${port}, ` +
          `or take a port from ${LEAST_OPEN_PORT} up`,
      };
    case 'EADDRINUSE':
      return {
        ...problem,
        message: `something listens on port ${port} already`,
        hint: 'End it (another metadata proxy?), or take another port',
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        ...problem,
        message: 'this machine has no such address',
        hint: 'Give one of its own, such as 127.0.0.1',
      };
    default:
      return { ...problem, message: `cannot be listened on (${code})`, hint: 'Give another address' };
  }
}

async function listenError({ host, port }: ListenAddress): Promise<string | null> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', (thrown) => resolve('code' in thrown ? String(thrown.code) : thrown.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}
