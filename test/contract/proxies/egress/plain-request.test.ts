import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type RequestListener } from 'node:http';
import { createConnection } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EgressProxy, startEgressProxy } from '../../../../src/proxies/egress/start-egress-proxy.ts';
import { allEnded, connectionsWhen, sumOf } from '../../../support/clash-api.ts';
import { type CountingTarget, startHttpTarget, startTcpTarget } from '../../../support/counting-target.ts';
import { untilClosed } from '../../../support/open-tunnel.ts';

const MIB = 1024 * 1024;

let proxy: EgressProxy;
let agent: Agent;
const targets: CountingTarget[] = [];

beforeEach(async () => {
  proxy = await startEgressProxy({ proxyPort: 0, controlPort: 0 });
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await proxy.close();
  await Promise.all(targets.splice(0).map((target) => target.close()));
});

async function startTarget(onRequest: RequestListener): Promise<CountingTarget> {
  const target = await startHttpTarget(onRequest);
  targets.push(target);
  return target;
}

interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly reusedConnection: boolean;
}

async function ask(input: { readonly url: string; readonly method?: string; readonly body?: Buffer }): Promise<Answer> {
  const { hostname, port } = new URL(proxy.proxyUrl);
  const asked = request({ host: hostname, port, agent, path: input.url, method: input.method ?? 'GET' });
  asked.setHeader('host', new URL(input.url).host);
  asked.end(input.body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  return { status: response.statusCode ?? 0, bytes, reusedConnection: asked.reusedSocket };
}

describe('plain requests over one kept connection', () => {
  test('are counted one by one, exactly what the targets sent and received', async () => {
    const first = await startTarget((_request, response) => response.end(Buffer.alloc(300_000)));
    const second = await startTarget((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => response.end('stored'));
    });
    for (let round = 0; round < 4; round += 1) {
      const got = await ask({ url: `http://127.0.0.1:${first.port}/file` });
      expect(got).toEqual({ status: 200, bytes: 300_000, reusedConnection: round > 0 });
      const put = await ask({
        url: `http://127.0.0.1:${second.port}/store`,
        method: 'PUT',
        body: Buffer.alloc(2 * MIB),
      });
      expect(put).toEqual({ status: 200, bytes: 6, reusedConnection: true });
    }

    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer.connections).toHaveLength(8);
    expect(new Set(answer.connections.map((connection) => connection.metadata['sourcePort'])).size).toBe(1);
    expect(answer.uploadTotal).toBe(first.receivedBytes() + second.receivedBytes());
    expect(answer.downloadTotal).toBe(first.sentBytes() + second.sentBytes());
    expect(sumOf(answer)).toEqual({ upload: answer.uploadTotal, download: answer.downloadTotal });
    expect(answer.connections[0]?.metadata).toMatchObject({
      network: 'tcp',
      type: 'HTTP',
      destinationIP: '127.0.0.1',
      destinationPort: String(first.port),
      host: '',
    });
  });

  test('name the host as the client wrote it', async () => {
    const target = await startTarget((_request, response) => response.end('ok'));
    await ask({ url: `http://localhost:${target.port}/` });
    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer.connections[0]?.metadata['host']).toBe('localhost');
  });

  test('answer 204, 304 and HEAD without a body and go on', async () => {
    const target = await startTarget((incoming, response) => {
      response.writeHead(Number(incoming.url?.slice(1))).end();
    });
    const base = `http://127.0.0.1:${target.port}`;
    expect(await ask({ url: `${base}/204` })).toMatchObject({ status: 204, bytes: 0 });
    expect(await ask({ url: `${base}/304` })).toMatchObject({ status: 304, bytes: 0 });
    expect(await ask({ url: `${base}/200`, method: 'HEAD' })).toMatchObject({ status: 200, reusedConnection: true });
  });

  test("pass a target's own failures through unchanged", async () => {
    const target = await startTarget((_request, response) => response.writeHead(599, 'Mine').end('mine'));
    expect(await ask({ url: `http://127.0.0.1:${target.port}/` })).toMatchObject({ status: 599, bytes: 4 });
  });
});

describe('a plain request', () => {
  test('is answered with 502 when its target refuses', async () => {
    const target = await startHttpTarget(() => undefined);
    await target.close();
    expect(await ask({ url: `http://127.0.0.1:${target.port}/` })).toMatchObject({ status: 502 });
  });

  test('is answered with 502 when its target does not exist', async () => {
    expect(await ask({ url: 'http://no-such-host.invalid/' })).toMatchObject({ status: 502 });
  });

  test('is answered with 502 when its target resets before it answers', async () => {
    const target = await startTcpTarget((socket) => socket.once('data', () => socket.resetAndDestroy()));
    targets.push(target);
    expect(await ask({ url: `http://127.0.0.1:${target.port}/` })).toMatchObject({ status: 502 });
    expect(await connectionsWhen(proxy.controlUrl, allEnded)).toMatchObject({ uploadTotal: target.receivedBytes() });
  });

  test('is answered with 502 when its target hangs up before it answers', async () => {
    const target = await startTcpTarget((socket) => socket.once('data', () => socket.end()));
    targets.push(target);
    expect(await ask({ url: `http://127.0.0.1:${target.port}/` })).toMatchObject({ status: 502 });
  });

  test('is cut off, not ended, when its target resets in the middle of the answer', async () => {
    const target = await startTcpTarget((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
      }),
    );
    targets.push(target);
    await expect(ask({ url: `http://127.0.0.1:${target.port}/` })).rejects.toThrow();
  });

  test('ends at the target as well when the client leaves in the middle of the answer', async () => {
    const target = await startTarget((_request, response) => {
      const fill = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', fill);
      fill();
    });
    const { hostname, port } = new URL(proxy.proxyUrl);
    const client = createConnection({ host: hostname, port: Number(port) });
    client.on('error', () => undefined);
    client.write(`GET http://127.0.0.1:${target.port}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    const socket = await target.nextSocket();
    await connectionsWhen(proxy.controlUrl, (got) => got.downloadTotal > MIB);
    client.destroy();
    await untilClosed(socket);
    await connectionsWhen(proxy.controlUrl, allEnded);
  });

  test('in origin form, meant for a server and not a proxy, is answered with 400', async () => {
    const response = await fetch(`${proxy.proxyUrl}/index.html`);
    expect(response.status).toBe(400);
  });
});
