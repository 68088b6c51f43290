// The forward proxy itself: proxy-chain for the protocol, our own connections to targets so that each one is counted.
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type PrepareRequestFunctionOpts, RequestError, Server } from 'proxy-chain';
import type { ConnectionLedger } from './connection-ledger.ts';
import { dialTarget } from './dial-target.ts';
import { joinSockets } from './join-sockets.ts';

const CLIENT_IDLE_MS = 75_000;

/** What `MeasuringProxyServer` needs. */
export interface MeasuringProxyOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly ledger: ConnectionLedger;
  /** For name lookup and connecting to a target together. */
  readonly connectTimeoutMs: number;
}

/** An HTTP and CONNECT forward proxy whose every connection to a target is followed by a ledger. */
export class MeasuringProxyServer extends Server {
  readonly #ledger: ConnectionLedger;
  readonly #connectTimeoutMs: number;

  constructor(options: MeasuringProxyOptions) {
    const { host, port, ledger, connectTimeoutMs } = options;
    super({
      host,
      port,
      authRealm: 'proxybench-egress',
      prepareRequestFunction: (request) => dialForPlainRequest(request, { ledger, connectTimeoutMs }),
    });
    this.#ledger = ledger;
    this.#connectTimeoutMs = connectTimeoutMs;
    // Node's default cuts any request off after five minutes, long uploads included.
    this.server.requestTimeout = 0;
    this.server.keepAliveTimeout = CLIENT_IDLE_MS;
  }

  override async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    answerFailuresWithBadGateway(response);
    await super.onRequest(request, response);
  }

  /** In place of an orderly end, by which a transfer that was cut off would look finished. */
  override closeConnections(): void {
    for (const client of this.connections.values()) client.resetAndDestroy();
  }

  /** In place of the library's own tunnel, which drops the client unanswered when a target cannot be reached. */
  override async onConnect(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    try {
      const { trgParsed } = await this.prepareRequestHandling(request);
      if (trgParsed === null) throw new RequestError('The target is missing', 400);
      const target = await dialTarget({
        ledger: this.#ledger,
        origin: {
          ...clientOf(client),
          targetHost: withoutBrackets(trgParsed.hostname),
          targetPort: Number(trgParsed.port),
          kind: 'tunnel',
        },
        client,
        timeoutMs: this.#connectTimeoutMs,
      });
      client.setTimeout(0);
      client.setNoDelay(true);
      client.setKeepAlive(true, CLIENT_IDLE_MS);
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      joinSockets({ client, target });
    } catch (error) {
      this.failRequest(request, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Reaches the target of a plain request before the library forwards it, over exactly that connection. */
async function dialForPlainRequest(
  { request, hostname, port, isHttp }: PrepareRequestFunctionOpts,
  { ledger, connectTimeoutMs }: Pick<MeasuringProxyOptions, 'ledger' | 'connectTimeoutMs'>,
): Promise<{ httpAgent: Agent } | undefined> {
  if (!isHttp) return undefined;
  const client = request.socket;
  const target = await dialTarget({
    ledger,
    origin: { ...clientOf(client), targetHost: withoutBrackets(hostname), targetPort: port, kind: 'forward' },
    client,
    timeoutMs: connectTimeoutMs,
  });
  return { httpAgent: new SingleConnectionAgent(target) };
}

/**
 * Gives one request one connection of its own. Connections are not kept for later requests: a target closing an idle one
 * just as it is used again would fail a request that works without a proxy.
 */
class SingleConnectionAgent extends Agent {
  readonly #target: Socket;

  constructor(target: Socket) {
    super({ keepAlive: false });
    this.#target = target;
  }

  override createConnection(): Socket {
    return this.#target;
  }
}

/**
 * The library tells of a target that breaks before answering by statuses of its own (59x), set without `writeHead`; a
 * target's real answer always goes through `writeHead` with all its headers.
 */
function answerFailuresWithBadGateway(response: ServerResponse): void {
  const writeHead: (status: number, ...rest: never[]) => ServerResponse = response.writeHead.bind(response);
  response.writeHead = (status: number, ...rest: never[]) => writeHead(rest.length === 0 ? 502 : status, ...rest);
}

function clientOf(socket: Socket): { readonly clientAddress: string; readonly clientPort: number } {
  return { clientAddress: socket.remoteAddress ?? '', clientPort: socket.remotePort ?? 0 };
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
