// Serves one repository over Git's smart HTTP on loopback, for reading only, so that a clone has a real remote.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  const backends = new Set<ProcessGroup>();
  const server = createServer((request, response) => {
    answer({ request, response, backends, ...input }).catch(() => response.destroy());
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
      await endProcesses({ leaders: [...backends].map((backend) => backend.leader), graceMs: 0 });
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly gitDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly backends: Set<ProcessGroup>;
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
  exchange.backends.add(backend);
  response.once('close', () => void endProcesses({ leaders: [backend.leader], graceMs: 0 }));
  void backend.exited.then(() => exchange.backends.delete(backend));
  await Promise.all([passBody({ request, backend }), passAnswer({ response, backend })]);
}

function cgiVariables(input: Exchange & { readonly inside: string; readonly query: string }): Record<string, string> {
  const { headers } = input.request;
  const optional = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol'],
  };
  const given = Object.entries(optional).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
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
  const { stdout, stderr } = input.backend.child;
  stderr?.resume();
  let head: CgiHead | null = null;
  let begun: Buffer = Buffer.alloc(0);
  for await (const chunk of (stdout ?? []) as AsyncIterable<Buffer>) {
    let piece = chunk;
    if (head === null) {
      begun = Buffer.concat([begun, chunk]);
      head = parseCgiHead(begun);
      if (head === null) {
        if (begun.length > MAX_HEAD_BYTES) {
          break;
        }
        continue;
      }
      input.response.writeHead(head.status, head.headers.flat());
      piece = head.rest;
    }
    if (!input.response.write(piece)) {
      await drained(input.response);
    }
  }
  if (head === null) {
    input.response.writeHead(502);
  }
  input.response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
