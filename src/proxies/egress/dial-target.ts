// Opens the connection to a target, followed by the ledger, and turns every way it can fail into an answer for the client.
import { createConnection, type Socket } from 'node:net';
import { RequestError } from 'proxy-chain';
import type { ConnectionLedger, ConnectionOrigin } from './connection-ledger.ts';

const KEEP_ALIVE_PROBE_MS = 30_000;

/**
 * @param client the client's socket; a client that leaves while the target is being reached ends the attempt.
 * @param timeoutMs for name lookup and connecting together.
 * @throws RequestError 502 where the target cannot be reached, 504 where it took too long.
 */
export async function dialTarget(input: {
  readonly ledger: ConnectionLedger;
  readonly origin: ConnectionOrigin;
  readonly client: Socket;
  readonly timeoutMs: number;
}): Promise<Socket> {
  const { ledger, origin, client, timeoutMs } = input;
  const where = `${origin.targetHost}:${origin.targetPort}`;
  const target = createConnection({
    host: origin.targetHost,
    port: origin.targetPort,
    // A target that has said its last word may still be listening, and the other way round.
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
  });
  ledger.follow({ socket: target, origin });
  // Later failures reach whoever uses the socket through its closing; without a listener they would end the process.
  target.on('error', () => undefined);

  return await new Promise<Socket>((resolve, reject) => {
    const fail = (message: string, status: number): void => {
      release();
      target.destroy();
      reject(new RequestError(message, status));
    };
    const timer = setTimeout(() => fail(`Target ${where} did not answer within ${timeoutMs} ms`, 504), timeoutMs);
    const onError = (error: NodeJS.ErrnoException): void =>
      fail(`Target ${where} cannot be reached: ${reasonOf(error)}`, 502);
    const onClientClose = (): void => fail(`The client left before ${where} was reached`, 502);
    const onConnect = (): void => {
      release();
      resolve(target);
    };
    function release(): void {
      clearTimeout(timer);
      client.removeListener('close', onClientClose);
      target.removeListener('error', onError);
      target.removeListener('connect', onConnect);
    }
    client.once('close', onClientClose);
    target.once('error', onError);
    target.once('connect', onConnect);
    if (client.destroyed) onClientClose();
  });
}

/** The system's code, because messages of failed connects to several addresses are empty. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
