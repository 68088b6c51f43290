// One WebSocket to a Clash API's /connections, from the upgrade to its end.
import { WebSocket } from 'ws';
import type { ClashEndpoint } from './clash-endpoint.ts';
import { type ClashReading, MalformedDocumentError, parseConnections } from './clash-document.ts';

/** Documents that do not come for so many intervals mean that the connection is dead. */
const SILENT_INTERVALS = 5;

/** How a stream ended. `malformed`: it spoke, but not as a Clash API. */
export interface StreamEnd {
  readonly reason: string;
  readonly malformed: boolean;
}

/** Returns, never throws, once the stream has ended: refused, broken, silent, malformed, or `signal` aborted. */
export function runClashStream(input: {
  readonly endpoint: ClashEndpoint;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onReading: (reading: ClashReading) => void;
}): Promise<StreamEnd> {
  const { endpoint, intervalMs, signal, onOpen, onReading } = input;
  if (signal.aborted) return Promise.resolve({ reason: 'stopped', malformed: false });
  return new Promise((resolve) => {
    const webSocket = new WebSocket(endpoint.streamUrl({ path: '/connections', intervalMs }), {
      headers: endpoint.headers,
      handshakeTimeout: endpoint.requestTimeoutMs,
      perMessageDeflate: false,
    });
    const silenceMs = Math.max(SILENT_INTERVALS * intervalMs, endpoint.requestTimeoutMs);
    let silence: NodeJS.Timeout | undefined;

    function end(reason: string, malformed = false): void {
      clearTimeout(silence);
      signal.removeEventListener('abort', onAbort);
      webSocket.terminate();
      resolve({ reason, malformed });
    }
    function onAbort(): void {
      end('stopped');
    }
    function expectMore(): void {
      clearTimeout(silence);
      silence = setTimeout(() => end(`nothing came for ${silenceMs} ms`), silenceMs);
    }

    signal.addEventListener('abort', onAbort, { once: true });
    webSocket.on('open', () => {
      expectMore();
      onOpen();
    });
    webSocket.on('message', (data) => {
      if (webSocket.readyState !== WebSocket.OPEN) return;
      expectMore();
      try {
        onReading(parseConnections(textOf(data)));
      } catch (error) {
        if (!(error instanceof MalformedDocumentError)) throw error;
        end(`it is not a Clash API's document (${error.message})`, true);
      }
    });
    webSocket.on('unexpected-response', (_request, response) => {
      end(`the upgrade was answered with ${response.statusCode ?? 'nothing'}`);
    });
    webSocket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    webSocket.on('close', (code) => end(`the stream was closed (${code})`));
  });
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
