// The client's side of a Temporal connection: it answers within seconds, or says why not and what to do.
import { Client, Connection } from '@temporalio/client';
import { UnreachableError, messageOf } from '../errors/errors.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { isLoopback, knock } from './loopback.ts';

/** An open connection with a client on it. */
export interface TemporalConnection {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  close(): Promise<void>;
}

const DEFAULT_WITHIN_MS = 5_000;

/** gRPC status NOT_FOUND, PERMISSION_DENIED and UNAUTHENTICATED: answers, but not the one that was wanted. */
const NOT_FOUND = 5;
const REFUSED: readonly unknown[] = [7, 16];

/**
 * Connects and asks for the namespace, so that what comes back is known to work. Takes `withinMs` at the most
 * (default 5 s). Works under Node and under bun.
 * @throws UnreachableError when nothing answers, the namespace is missing, or the sign-in is refused
 */
export async function connectTemporal(
  input: ConnectionSettings & { readonly withinMs?: number },
): Promise<TemporalConnection> {
  const { address, namespace, withinMs = DEFAULT_WITHIN_MS } = input;
  const deadlineAtMs = Date.now() + withinMs;
  const connection = await open(input).catch((cause: unknown) => {
    throw refusal({ cause, address, namespace });
  });
  try {
    await connection.withDeadline(deadlineAtMs, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (cause) {
    await connection.close();
    throw refusal({ cause, address, namespace });
  }
  return { client: new Client({ connection, namespace }), connection, namespace, close: () => connection.close() };
}

async function open(input: ConnectionSettings & { readonly withinMs?: number }): Promise<Connection> {
  const { address, tls, apiKey, withinMs = DEFAULT_WITHIN_MS } = input;
  const local = isLoopback(address);
  // gRPC would go on trying a closed port until its deadline, and would ask HTTPS_PROXY for this very machine.
  if (local) await knock({ address });
  return Connection.connect({
    address,
    connectTimeout: withinMs,
    ...(local ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {}),
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
}

function refusal(input: {
  readonly cause: unknown;
  readonly address: string;
  readonly namespace: string;
}): UnreachableError {
  const { cause, address, namespace } = input;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === NOT_FOUND) {
    return new UnreachableError(
      `Temporal at ${address} has no namespace ${namespace}`,
      `Create it (temporal operator namespace create --namespace ${namespace}) or set TEMPORAL_NAMESPACE`,
      { cause },
    );
  }
  if (REFUSED.includes(code)) {
    return new UnreachableError(
      `Temporal at ${address} refuses the sign-in to namespace ${namespace}`,
      'Check TEMPORAL_API_KEY and the TEMPORAL_TLS_… variables',
      { cause },
    );
  }
  return new UnreachableError(
    `Temporal does not answer at ${address}: ${messageOf(cause)}`,
    'Start one (npm run dev, or docker compose -f docker-compose.temporal.yml up), or point TEMPORAL_ADDRESS at yours',
    { cause },
  );
}
