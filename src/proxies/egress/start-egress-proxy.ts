// Puts the measuring egress proxy together: forward proxy, ledger and control API, started and ended as one.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, BlockList, isIP, isIPv6 } from 'node:net';
import { InfrastructureError, InvalidInputError, messageOf } from '../../errors/errors.ts';
import { createConnectionLedger } from './connection-ledger.ts';
import { createControlServer } from './control-server.ts';
import { MeasuringProxyServer } from './measuring-proxy-server.ts';

const VERSION = '0.1.0';
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_LINGER_MS = 60_000;
const DEFAULT_MAX_CLOSED = 2_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export interface EgressProxyOptions {
  /** Address that both ports listen on; default `127.0.0.1`. Anything but loopback needs a secret. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly proxyPort: number;
  /** 0 for any free port. */
  readonly controlPort: number;
  /** What the control API asks for; default none. */
  readonly secret?: string;
  /** How long a closed connection stays in the control API's list; default 60 s. */
  readonly lingerMs?: number;
  /** At most so many closed connections stay in that list; default 2,000. */
  readonly maxClosed?: number;
  /** For name lookup and connecting to a target together; default 30 s. */
  readonly connectTimeoutMs?: number;
}

export interface EgressProxy {
  /** `http://127.0.0.1:7890`, with the real port. */
  readonly proxyUrl: string;
  /** `http://127.0.0.1:9090`, with the real port. */
  readonly controlUrl: string;
  /** Another one at every start; also in the control API's `/version`. */
  readonly instance: string;
  /** Breaks every connection, ends both servers. May be called again. */
  close(): Promise<void>;
}

/**
 * @throws InvalidInputError for an address beyond loopback without a secret.
 * @throws InfrastructureError where a port cannot be had; nothing is left listening then.
 */
export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const host = options.host ?? DEFAULT_HOST;
  refuseOpenControl({ host, secret: options.secret });
  const instance = randomUUID();
  const ledger = createConnectionLedger({
    lingerMs: options.lingerMs ?? DEFAULT_LINGER_MS,
    maxClosed: options.maxClosed ?? DEFAULT_MAX_CLOSED,
    now: Date.now,
  });
  const control = createControlServer({
    ledger,
    version: VERSION,
    instance,
    ...(options.secret === undefined ? {} : { secret: options.secret }),
  });
  const proxy = new MeasuringProxyServer({
    host,
    port: options.proxyPort,
    ledger,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
  });
  try {
    await proxy.listen();
  } catch (error) {
    throw new InfrastructureError(
      `The egress proxy cannot listen on ${host}:${options.proxyPort}: ${messageOf(error)}`,
    );
  }
  try {
    await listen({ server: control.server, host, port: options.controlPort });
  } catch (error) {
    await proxy.close(true);
    throw new InfrastructureError(
      `The control API cannot listen on ${host}:${options.controlPort}: ${messageOf(error)}`,
    );
  }

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    // Breaking the clients breaks their connections to targets as well.
    await Promise.all([proxy.close(true), control.close()]);
  }
  return {
    proxyUrl: urlAt(host, proxy.port),
    controlUrl: urlAt(host, portOf(control.server)),
    instance,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function listen(input: { readonly server: Server; readonly host: string; readonly port: number }): Promise<void> {
  input.server.listen(input.port, input.host);
  // Rejects where an `error` comes first.
  await once(input.server, 'listening');
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

/** A URL that this machine can use, also where the address means "all of them". */
function urlAt(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

function refuseOpenControl(input: { readonly host: string; readonly secret: string | undefined }): void {
  const { host, secret } = input;
  const isLoopback = host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
  if (isLoopback || (secret !== undefined && secret !== '')) return;
  throw new InvalidInputError([
    {
      path: 'host',
      value: host,
      message: 'a control API that others can reach needs a secret',
      hint: 'Give a secret, or listen on 127.0.0.1',
    },
  ]);
}
