// Remembers every connection the egress proxy ever made to a target, so that totals are exactly their sum.
import type { Socket } from 'node:net';

/** What is known of a connection the moment it is asked for. */
export interface ConnectionOrigin {
  /** The client's address and port. */
  readonly clientAddress: string;
  readonly clientPort: number;
  /** Host name or address as the client wrote it, without brackets. */
  readonly targetHost: string;
  readonly targetPort: number;
  /** `forward`: one plain HTTP request; `tunnel`: CONNECT. */
  readonly kind: 'forward' | 'tunnel';
}

/** One connection to a target; bytes are those on the target's side. */
export interface LedgerConnection {
  readonly id: string;
  readonly origin: ConnectionOrigin;
  /** The address that was reached; empty until then. */
  readonly targetAddress: string;
  readonly startMs: number;
  /** null while the connection is open. */
  readonly endMs: number | null;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

/** A reading of the whole ledger, taken in one go. */
export interface LedgerSnapshot {
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
  /** Open ones first, then lingering closed ones, each in order of opening or closing. */
  readonly connections: readonly LedgerConnection[];
}

export interface ConnectionLedger {
  /** Follows a socket that was just created, until it closes. */
  follow(input: { readonly socket: Socket; readonly origin: ConnectionOrigin }): void;
  snapshot(): LedgerSnapshot;
  /** Breaks one open connection; says whether there was one. */
  breakConnection(input: { readonly id: string }): boolean;
}

interface OpenConnection {
  readonly id: string;
  readonly socket: Socket;
  readonly origin: ConnectionOrigin;
  readonly startMs: number;
  targetAddress: string;
  uploadBytes: number;
  downloadBytes: number;
}

/**
 * @param lingerMs how long a closed connection stays listed.
 * @param maxClosed at most so many closed connections stay listed, the newest ones.
 * @param now milliseconds since the epoch.
 */
export function createConnectionLedger(input: {
  readonly lingerMs: number;
  readonly maxClosed: number;
  readonly now: () => number;
}): ConnectionLedger {
  const open = new Map<string, OpenConnection>();
  let closed: LedgerConnection[] = [];
  let closedUploadBytes = 0;
  let closedDownloadBytes = 0;
  let lastId = 0;

  function settle(connection: OpenConnection): void {
    read(connection);
    open.delete(connection.id);
    closedUploadBytes += connection.uploadBytes;
    closedDownloadBytes += connection.downloadBytes;
    closed.push(listed(connection, input.now()));
    // Twice the bound before cutting, so that a storm of short connections does not copy the list for each of them.
    if (closed.length > 2 * input.maxClosed) forget();
  }

  function forget(): void {
    const oldestMs = input.now() - input.lingerMs;
    const newest = input.maxClosed === 0 ? [] : closed.slice(-input.maxClosed);
    closed = newest.filter((connection) => (connection.endMs ?? 0) > oldestMs);
  }

  return {
    follow({ socket, origin }) {
      lastId += 1;
      const connection: OpenConnection = {
        id: String(lastId),
        socket,
        origin,
        startMs: input.now(),
        targetAddress: '',
        uploadBytes: 0,
        downloadBytes: 0,
      };
      open.set(connection.id, connection);
      socket.once('connect', () => {
        connection.targetAddress = socket.remoteAddress ?? '';
      });
      socket.once('close', () => settle(connection));
    },

    snapshot() {
      forget();
      let uploadTotalBytes = closedUploadBytes;
      let downloadTotalBytes = closedDownloadBytes;
      const connections: LedgerConnection[] = [];
      for (const connection of open.values()) {
        read(connection);
        uploadTotalBytes += connection.uploadBytes;
        downloadTotalBytes += connection.downloadBytes;
        connections.push(listed(connection, null));
      }
      connections.push(...closed);
      return { uploadTotalBytes, downloadTotalBytes, connections };
    },

    breakConnection({ id }) {
      const connection = open.get(id);
      connection?.socket.resetAndDestroy();
      return connection !== undefined;
    },
  };
}

/**
 * Takes a socket's own counters. `bytesWritten` includes what still waits in the process and falls again when that is
 * thrown away; a counter that falls would look like a restart, so only finished writes count and none is taken back.
 */
function read(connection: OpenConnection): void {
  const { socket } = connection;
  connection.uploadBytes = Math.max(connection.uploadBytes, socket.bytesWritten - socket.writableLength);
  connection.downloadBytes = Math.max(connection.downloadBytes, socket.bytesRead);
}

function listed(connection: OpenConnection, endMs: number | null): LedgerConnection {
  const { id, origin, targetAddress, startMs, uploadBytes, downloadBytes } = connection;
  return { id, origin, targetAddress, startMs, endMs, uploadBytes, downloadBytes };
}
