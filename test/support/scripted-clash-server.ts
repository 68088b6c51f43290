// A Clash API that answers what a test tells it to, well-formed or not, and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** What to do with one kind of request: answer a status and text, or say nothing for ever. */
export type ScriptedAnswer = { readonly status: number; readonly text: string; readonly location?: string } | 'silence';

export interface ScriptedClashServer {
  readonly url: string;
  readonly port: number;
  /** Changed by the test at any time. */
  readonly script: { poll: ScriptedAnswer; upgrade: 'accept' | 'refuse' | 'silence'; version: ScriptedAnswer };
  readonly asked: readonly { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  /** The next accepted stream; nothing is sent on it but what the test sends. */
  nextStream(): Promise<WebSocket>;
  /** Open sockets of any kind. */
  openSockets(): Promise<number>;
  close(): Promise<void>;
}

/** @param port 0 for any; another to come back where an earlier one was. */
export async function startScriptedClashServer(port = 0): Promise<ScriptedClashServer> {
  const script: ScriptedClashServer['script'] = {
    poll: { status: 200, text: connectionsText(0) },
    upgrade: 'accept',
    version: { status: 200, text: '{"version":"scripted","meta":true}' },
  };
  const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    const answer = request.url === '/version' ? script.version : script.poll;
    if (answer === 'silence') return;
    if (answer.location !== undefined) response.setHeader('location', answer.location);
    response.writeHead(answer.status).end(answer.text);
  });
  const ignored: Duplex[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    if (script.upgrade === 'refuse') socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    if (script.upgrade !== 'accept') {
      ignored.push(socket);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    script,
    asked,
    async nextStream() {
      const [webSocket] = (await once(sockets, 'connection')) as [WebSocket];
      return webSocket;
    },
    openSockets: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    async close() {
      for (const webSocket of sockets.clients) webSocket.terminate();
      for (const socket of ignored) socket.destroy();
      server.close();
      server.closeAllConnections();
      sockets.close();
      await once(server, 'close');
    },
  };
}

/** A well-formed document whose two totals are both `total`. */
export function connectionsText(total: number): string {
  return JSON.stringify({ uploadTotal: total, downloadTotal: total, connections: [] });
}
