// The Clash API in front of the embedded egress proxy, so that one client reads it, sing-box and mihomo alike.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectionsAnswer, trafficAnswer, versionAnswer } from './clash-answers.ts';
import type { ConnectionLedger } from './connection-ledger.ts';

const DEFAULT_INTERVAL_MS = 1000;
const MIN_INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 3_600_000;
/** A reader this far behind gets no further documents until it has caught up. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

export interface ControlServerOptions {
  readonly ledger: ConnectionLedger;
  readonly version: string;
  readonly instance: string;
  /** Wanted as `Authorization: Bearer …`, or `?token=…` of a WebSocket; absent: everybody may ask. */
  readonly secret?: string;
}

export interface ControlServer {
  readonly server: Server;
  /** Ends every stream and the server. */
  close(): Promise<void>;
}

/** Not listening yet. Answers /version, /connections (also as WebSocket), DELETE /connections/{id} and /traffic. */
export function createControlServer(options: ControlServerOptions): ControlServer {
  const { ledger } = options;
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 });

  server.on('request', (request, response) => {
    const url = urlOf(request);
    if (url === undefined) return answer(response, 400, { message: 'Body invalid' });
    if (!allowed({ request, url, upgrade: false, secret: options.secret })) return refuse(response);
    if (url.pathname.startsWith('/connections/') && request.method === 'DELETE') {
      ledger.breakConnection({ id: url.pathname.slice('/connections/'.length) });
      response.writeHead(204).end();
      return undefined;
    }
    if (!['/version', '/connections', '/traffic'].includes(url.pathname)) {
      return answer(response, 404, { message: 'Resource not found' });
    }
    if (request.method !== 'GET') return answer(response, 405, { message: 'Method not allowed' });
    if (url.pathname === '/version') return answer(response, 200, versionAnswer(options));
    if (url.pathname === '/connections') return answer(response, 200, connectionsAnswer(ledger.snapshot()));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const timer = everySecondOfTraffic(ledger, (line) => {
      if (response.writableLength < MAX_UNREAD_BYTES) response.write(`${line}\n`);
    });
    response.once('close', () => clearInterval(timer));
    return undefined;
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The process must outlive a reader that breaks off before its upgrade is through.
    socket.on('error', () => socket.destroy());
    const url = urlOf(request);
    if (url === undefined) return refuseUpgrade(socket, '400 Bad Request');
    if (!allowed({ request, url, upgrade: true, secret: options.secret }))
      return refuseUpgrade(socket, '401 Unauthorized');
    if (url.pathname !== '/connections' && url.pathname !== '/traffic') return refuseUpgrade(socket, '404 Not Found');
    const intervalMs = intervalOf(url);
    if (intervalMs === undefined) return refuseUpgrade(socket, '400 Bad Request');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      const timer =
        url.pathname === '/connections'
          ? streamConnections({ ledger, webSocket, intervalMs })
          : everySecondOfTraffic(ledger, (line) => send(webSocket, line));
      webSocket.once('close', () => clearInterval(timer));
    });
    return undefined;
  });

  return {
    server,
    async close() {
      for (const webSocket of sockets.clients) webSocket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function streamConnections(input: {
  readonly ledger: ConnectionLedger;
  readonly webSocket: WebSocket;
  readonly intervalMs: number;
}): NodeJS.Timeout {
  const tell = (): void => send(input.webSocket, JSON.stringify(connectionsAnswer(input.ledger.snapshot())));
  tell();
  return setInterval(tell, input.intervalMs);
}

function everySecondOfTraffic(ledger: ConnectionLedger, tell: (line: string) => void): NodeJS.Timeout {
  let before = ledger.snapshot();
  return setInterval(() => {
    const after = ledger.snapshot();
    tell(JSON.stringify(trafficAnswer({ before, after })));
    before = after;
  }, DEFAULT_INTERVAL_MS);
}

function send(webSocket: WebSocket, text: string): void {
  if (webSocket.bufferedAmount < MAX_UNREAD_BYTES) webSocket.send(text, () => undefined);
}

function urlOf(request: IncomingMessage): URL | undefined {
  return URL.parse(request.url ?? '/', 'http://control.invalid') ?? undefined;
}

function intervalOf(url: URL): number | undefined {
  const text = url.searchParams.get('interval');
  if (text === null || text === '') return DEFAULT_INTERVAL_MS;
  const intervalMs = Number(text);
  return intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS ? intervalMs : undefined;
}

function allowed(input: {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly upgrade: boolean;
  readonly secret: string | undefined;
}): boolean {
  if (input.secret === undefined) return true;
  const token = input.upgrade ? input.url.searchParams.get('token') : null;
  const bearer = /^Bearer (.*)$/.exec(input.request.headers.authorization ?? '')?.[1];
  return sameSecret(token ?? bearer ?? '', input.secret);
}

/** Digests are of one length, so the time taken tells nothing of the secret, not even how long it is. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function answer(response: ServerResponse, status: number, document: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function refuse(response: ServerResponse): void {
  answer(response, 401, { message: 'Unauthorized' });
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
