// A CONNECT client that hands over the bare socket, half-open allowed, once the proxy has answered.
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export interface Tunnel {
  readonly status: number;
  /** Paused; everything after the proxy's answer comes out of it. */
  readonly socket: Socket;
  /** The proxy's own answer, head and anything that came with it. */
  readonly answer: string;
}

/** @param head bytes that follow the CONNECT request in the same packet. */
export async function openTunnel(input: {
  readonly proxyUrl: string;
  readonly authority: string;
  readonly head?: string;
}): Promise<Tunnel> {
  const { hostname, port } = new URL(input.proxyUrl);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${input.authority} HTTP/1.1\r\nHost: ${input.authority}\r\n\r\n${input.head ?? ''}`);
  let answer = '';
  while (!answer.includes('\r\n\r\n')) {
    await once(socket, 'readable');
    const chunk = socket.read() as Buffer | null;
    if (chunk === null && socket.readableEnded) break;
    answer += chunk?.toString('latin1') ?? '';
  }
  const end = answer.indexOf('\r\n\r\n') + 4;
  if (end < answer.length) socket.unshift(Buffer.from(answer.slice(end), 'latin1'));
  return { status: Number(answer.split(' ')[1]), socket, answer };
}

/** Reads to the end and counts; the other direction stays open, as it would not with `for await`. Rejects on a break. */
export function countToEnd(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.once('end', () => resolve(bytes));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`closed after ${bytes} bytes without an end`)));
  });
}

/** Once the socket is closed, in whatever way. */
export function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
