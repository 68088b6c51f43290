// Asks a Clash API by hand, without the client under test, and waits for what it should come to say.
import { setTimeout as sleep } from 'node:timers/promises';

export interface ClashConnectionAnswer {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly upload: number;
  readonly download: number;
  readonly start: string;
  readonly end?: string;
}

export interface ClashConnectionsAnswer {
  readonly uploadTotal: number;
  readonly downloadTotal: number;
  readonly connections: readonly ClashConnectionAnswer[];
}

export async function getConnections(controlUrl: string): Promise<ClashConnectionsAnswer> {
  const response = await fetch(`${controlUrl}/connections`);
  return (await response.json()) as ClashConnectionsAnswer;
}

/** The first answer that `fits`; the test's own time limit ends the wait. */
export async function connectionsWhen(
  controlUrl: string,
  fits: (answer: ClashConnectionsAnswer) => boolean,
): Promise<ClashConnectionsAnswer> {
  for (;;) {
    const answer = await getConnections(controlUrl);
    if (fits(answer)) return answer;
    await sleep(10);
  }
}

/** Every connection has ended. */
export function allEnded(answer: ClashConnectionsAnswer): boolean {
  return answer.connections.every((connection) => connection.end !== undefined);
}

/** Sums over the listed connections. */
export function sumOf(answer: ClashConnectionsAnswer): { readonly upload: number; readonly download: number } {
  return {
    upload: answer.connections.reduce((bytes, connection) => bytes + connection.upload, 0),
    download: answer.connections.reduce((bytes, connection) => bytes + connection.download, 0),
  };
}
