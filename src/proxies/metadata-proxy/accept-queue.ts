// How many clients the kernel lets in before the proxy has come to accept them.
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { bunLibrary } from './bun-runtime.ts';

/** Twice as many as the clients at once that the proxy has memory for; `net.core.somaxconn` is 4,096 where nobody changed it. */
const CONNECTIONS = 4_096;
/** Some 1,700 listeners. */
const MAX_TABLE_BYTES = 256 * 1024;
/** State of a listener in /proc/net/tcp. */
const LISTENING = '0A';

/**
 * Makes the queue of what this process listens on at `port` longer. The runtime asks for 512 and has no setting for it. Under a
 * CPU limit that is not enough: once the queue is full the kernel goes over to SYN cookies, and resets whom it cannot make out.
 * To listen once more on a socket that listens changes its queue and nothing else (Linux, `inet_listen`).
 * @returns whether it could; else the runtime's own length stays
 */
export function lengthenAcceptQueue({ port }: { readonly port: number }): boolean {
  try {
    const descriptors = listenersAt(port);
    const library = bunLibrary('libc.so.6', { listen: { args: ['i32', 'i32'], returns: 'i32' } });
    const done = descriptors.map((descriptor) => library.symbols.listen(descriptor, CONNECTIONS));
    library.close();
    return done.length > 0 && done.every((status) => status === 0);
  } catch {
    // Another system, another C library: nothing that the proxy could not do without.
    return false;
  }
}

/** Descriptors of this process's sockets that listen there. */
function listenersAt(port: number): readonly number[] {
  // A kernel without IPv6 has no table of it.
  const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6'].filter((file) => existsSync(file));
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/self/fd/${descriptor}`))?.[1];
    return inode !== undefined && inodes.has(inode) ? [Number(descriptor)] : [];
  });
}

/** `0: 0100007F:03DC 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 …`: the tenth word is the inode. */
function listeningInodes(table: string, port: number): readonly string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return beginningOf(table)
    .split('\n')
    .flatMap((line) => {
      const [, address = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      return inode !== undefined && state === LISTENING && address.endsWith(local) ? [inode] : [];
    });
}

/** The kernel tells of listeners first. What follows, all connections of the node, there may be no memory for. */
function beginningOf(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(MAX_TABLE_BYTES);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (read === 0) return bytes.toString('latin1', 0, length);
      length += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The descriptor by which the folder is read has gone by then. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
