// Serves one repository over Git's smart HTTP on loopback, for reading only, so that a clone has a real remote.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { endProcesses } from '../../processes/end-processes.ts';
import { startProcessGroup } from '../../processes/process-group.ts';
import type { ProcessGroup } from '../../processes/process-group.ts';
import { MAX_HEAD_BYTES, parseCgiHead } from './cgi-response.ts';
import type { CgiHead } from './cgi-response.ts';

/** A running server. */
export interface GitHttpServer {
  /** `http://127.0.0.1:PORT/this-clone.git`. */
  readonly url: string;
  /** Cuts every connection and ends every program of git's. */
  close(): Promise<void>;
}

const REPOSITORY = '/this-clone.git';
/** The whole of smart HTTP for reading; everything else is refused before git hears of it. */
const ROUTES = new Map([
  ['/info/refs', { method: 'GET', query: 'service=git-upload-pack' }],
  ['/git-upload-pack', { method: 'POST', query: '' }],
]);

/** Starts the server on a free port of 127.0.0.1. `env` is the whole environment of git's programs. */
export async function startGitHttpServer(input: {
  readonly gitDirectory: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<GitHttpServer> {
  const exchanges = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const exchange = answer({ request, response, ...input })
      .catch(() => void response.destroy())
      .finally(() => exchanges.delete(exchange));
    exchanges.add(exchange);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${REPOSITORY}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all(exchanges);
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly gitDirectory: string;
  readonly env: Readonly<Record<string, string>>;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const inside = path.startsWith(`${REPOSITORY}/`) ? path.slice(REPOSITORY.length) : '';
  const route = ROUTES.get(inside);
  if (route === undefined || request.method !== route.method || query !== route.query) {
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
    response.end('This repository is served for reading only.\n');
    return;
  }
  const backend = await startProcessGroup({
    command: ['git', 'http-backend'],
    env: { ...exchange.env, ...cgiVariables({ ...exchange, inside, query }) },
    cwd: '/',
    input: 'pipe',
    output: 'pipe',
  });
  const end = async (): Promise<void> => void (await endProcesses({ leaders: [backend.leader], graceMs: 0 }));
  response.once('close', () => void end());
  try {
    if (!response.destroyed) {
      await Promise.all([passBody({ request, backend }), passAnswer({ response, backend })]);
    }
  } finally {
    await end();
  }
}

function cgiVariables(input: Exchange & { readonly inside: string; readonly query: string }): Record<string, string> {
  const { headers } = input.request;
  const optional = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol'],
  };
  const given = Object.entries(optional).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return {
    GIT_PROJECT_ROOT: input.gitDirectory,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: input.inside,
    QUERY_STRING: input.query,
    REQUEST_METHOD: input.request.method ?? 'GET',
    REMOTE_ADDR: '127.0.0.1',
    ...Object.fromEntries(given),
  };
}

async function passBody(input: { readonly request: IncomingMessage; readonly backend: ProcessGroup }): Promise<void> {
  const { stdin } = input.backend.child;
  if (stdin !== null) {
    // Git may answer and close before it has read all of the body; that is its right.
    await pipeline(input.request, stdin).catch(() => undefined);
  }
}

async function passAnswer(input: { readonly response: ServerResponse; readonly backend: ProcessGroup }): Promise<void> {
  const { response, backend } = input;
  const { stdout, stderr } = backend.child;
  stderr?.resume();
  const head = stdout === null ? null : await readHead(stdout);
  if (stdout === null || head === null) {
    response.writeHead(502).end();
    return;
  }
  response.writeHead(head.status, head.headers.flat());
  response.write(head.rest);
  await pipeline(stdout, response, { end: false });
  const { code } = await backend.exited;
  if (code !== 0) {
    // An answer that git could not finish must not look like a whole one.
    response.destroy();
  }
  response.end();
}

/** Reads no further than the head, and at most a little into the body. */
async function readHead(stdout: Readable): Promise<CgiHead | null> {
  let begun: Buffer = Buffer.alloc(0);
  for await (const chunk of stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    begun = Buffer.concat([begun, chunk]);
    const head = parseCgiHead(begun);
    if (head !== null || begun.length > MAX_HEAD_BYTES) {
      return head;
    }
  }
  return null;
}
