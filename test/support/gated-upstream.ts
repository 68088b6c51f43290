// An HTTP server on loopback whose downloads pause half-way until the test lets them go on: "mid-stage", exactly.
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Payload bytes of one download: half of it before the gate, half after. */
export const GATED_BYTES = 2 * 1024 * 1024;

export interface GatedUpstream {
  /** Address of the download called `name`. */
  url(name: string): string;
  /** Resolves when a client has been sent the first half of `name`. */
  reached(name: string): Promise<void>;
  /** Lets `name` go on, now or when it gets there. */
  open(name: string): void;
  /** How many clients have asked for `name`. */
  requests(name: string): number;
  close(): Promise<void>;
}

class Gate {
  readonly reached = Promise.withResolvers<void>();
  readonly opened = Promise.withResolvers<void>();
  requests = 0;
}

/** Starts it on a free port. */
export async function startGatedUpstream(): Promise<GatedUpstream> {
  const gates = new Map<string, Gate>();
  const gate = (name: string): Gate => {
    const known = gates.get(name) ?? new Gate();
    gates.set(name, known);
    return known;
  };
  const half = Buffer.alloc(GATED_BYTES / 2, 'x');
  const answer = async (name: string, response: ServerResponse): Promise<void> => {
    const { reached, opened } = gate(name);
    gate(name).requests += 1;
    response.writeHead(200, { 'content-length': GATED_BYTES });
    response.write(half, () => reached.resolve());
    await opened.promise;
    response.end(half);
  };
  const server = createServer((request, response) => {
    void answer((request.url ?? '/').slice(1), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    reached: (name) => gate(name).reached.promise,
    open: (name) => gate(name).opened.resolve(),
    requests: (name) => gate(name).requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
