// The control API of a far proxy under an address of this machine: each request becomes one bounded call over the line.
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../errors/errors.ts';
import type { ControlAnswer } from './read-control.ts';

/** What may be read through it; everything else is nobody's business here. */
const PATHS: ReadonlySet<string> = new Set(['/', '/connections', '/version']);

export interface ControlFacade {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on loopback. Whoever asks must know the proxy's own secret, as at the proxy itself. A WebSocket is refused, so
 * that clients poll. What cannot be read is answered with 502 and the reason.
 */
export async function openControlFacade(input: {
  readonly secret: string | undefined;
  readonly read: (asked: { readonly path: string; readonly signal: AbortSignal }) => Promise<ControlAnswer>;
}): Promise<ControlFacade> {
  const { secret, read } = input;
  const closed = new AbortController();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    if (request.method !== 'GET' || !PATHS.has(path)) return send(response, { status: 404, body: 'not found' });
    if (!isAllowed({ request, secret })) return send(response, { status: 401, body: 'unauthorised' });
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      send(response, await read({ path, signal: AbortSignal.any([closed.signal, left.signal]) }));
    } catch (thrown) {
      send(response, { status: 502, body: messageOf(thrown) });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      closed.abort();
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await ended;
    },
  };
}

function send(response: ServerResponse, { status, body }: ControlAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

function isAllowed(input: { readonly request: IncomingMessage; readonly secret: string | undefined }): boolean {
  if (input.secret === undefined) return true;
  const wanted = Buffer.from(`Bearer ${input.secret}`);
  const given = Buffer.from(input.request.headers.authorization ?? '');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
