// Servers on this machine are reached directly and answer, or refuse, at once.
import { connect } from 'node:net';

const REFUSED_WITHIN_MS = 1_000;

/** Whether `host:port` is this machine itself. */
export function isLoopback(address: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(address);
}

/** Resolves when something listens there. @throws the system's own error (`ECONNREFUSED`) when nothing does */
export function knock(input: { readonly address: string }): Promise<void> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(input.address) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), timeout: REFUSED_WITHIN_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('nothing answers')));
    socket.once('error', reject);
  });
}
