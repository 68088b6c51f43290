import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { InfrastructureError, InvalidInputError } from '../../../../src/errors/errors.ts';
import { serveEgressProxy } from '../../../../src/proxies/egress/serve-egress-proxy.ts';
import {
  type EgressProxy,
  type EgressProxyOptions,
  startEgressProxy,
} from '../../../../src/proxies/egress/start-egress-proxy.ts';
import { allEnded, type ClashConnectionsAnswer, connectionsWhen, getConnections } from '../../../support/clash-api.ts';
import { type CountingTarget, startTcpTarget } from '../../../support/counting-target.ts';
import { countToEnd, openTunnel, untilClosed } from '../../../support/open-tunnel.ts';

const SECRET = 's3cret';

let echo: CountingTarget;
let proxy: EgressProxy | undefined;
const streams: WebSocket[] = [];

beforeEach(async () => {
  echo = await startTcpTarget((socket) => socket.pipe(socket));
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.terminate();
  await proxy?.close();
  proxy = undefined;
  await echo.close();
});

async function start(options: Partial<EgressProxyOptions> = {}): Promise<EgressProxy> {
  proxy = await startEgressProxy({ proxyPort: 0, controlPort: 0, ...options });
  return proxy;
}

async function echoThrough({ proxyUrl }: EgressProxy, text: string): Promise<void> {
  const { socket } = await openTunnel({ proxyUrl, authority: `127.0.0.1:${echo.port}` });
  socket.end(text);
  await countToEnd(socket);
}

function open(url: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
  const stream = new WebSocket(url.replace('http', 'ws'), { headers });
  stream.on('error', () => undefined);
  streams.push(stream);
  return stream;
}

/** The status that an upgrade is answered with; 101 where it is accepted. */
async function upgradeStatus(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const stream = open(url, headers);
  return await new Promise((resolve) => {
    stream.once('open', () => resolve(101));
    stream.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
}

async function nextDocument(stream: WebSocket): Promise<ClashConnectionsAnswer> {
  const [data] = (await once(stream, 'message')) as [Buffer];
  return JSON.parse(data.toString('utf8')) as ClashConnectionsAnswer;
}

describe('the control API', () => {
  test('says what it is and which life of it answers', async () => {
    const { controlUrl, instance } = await start();
    const response = await fetch(`${controlUrl}/version`);
    expect(await response.json()).toEqual({
      version: expect.stringMatching(/^proxybench-egress \d+\.\d+\.\d+$/),
      meta: false,
      premium: false,
      instance,
    });
  });

  test('has another instance and empty counters after a restart on the same port', async () => {
    const before = await start();
    await echoThrough(before, 'counted');
    await connectionsWhen(before.controlUrl, (got) => got.uploadTotal === 7);
    await before.close();
    const controlPort = Number(new URL(before.controlUrl).port);
    const after = await start({ controlPort });
    expect(after.controlUrl).toBe(before.controlUrl);
    expect(after.instance).not.toBe(before.instance);
    expect(await getConnections(after.controlUrl)).toMatchObject({ uploadTotal: 0, downloadTotal: 0, connections: [] });
  });

  test('answers everything else with a status and goes on', async () => {
    const { controlUrl } = await start();
    const status = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(`${controlUrl}${path}`, { method })).status;
    expect(await status('/proxies')).toBe(404);
    expect(await status('/version', 'POST')).toBe(405);
    expect(await status('/connections', 'DELETE')).toBe(405);
    expect(await status('//')).toBe(400);
    expect(await status('/version')).toBe(200);
  });

  test('breaks a connection that is deleted, on both sides, and keeps its count', async () => {
    const { controlUrl, proxyUrl } = await start();
    const { socket } = await openTunnel({ proxyUrl, authority: `127.0.0.1:${echo.port}` });
    socket.write('hello');
    const [listed] = (await connectionsWhen(controlUrl, (got) => got.downloadTotal === 5)).connections;
    const response = await fetch(`${controlUrl}/connections/${listed?.id ?? ''}`, { method: 'DELETE' });
    expect(response.status).toBe(204);
    await untilClosed(socket);
    expect(await connectionsWhen(controlUrl, allEnded)).toMatchObject({
      uploadTotal: 5,
      downloadTotal: 5,
      connections: [{ id: listed?.id, upload: 5, download: 5 }],
    });
    expect((await fetch(`${controlUrl}/connections/unknown`, { method: 'DELETE' })).status).toBe(204);
  });

  test('tells bytes each second as traffic, over HTTP and as a stream', async () => {
    const running = await start();
    const { controlUrl } = running;
    const response = await fetch(`${controlUrl}/traffic`);
    const lines = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const stream = open(`${controlUrl}/traffic`);
    await once(stream, 'open');
    await echoThrough(running, 'twelve bytes');
    expect(JSON.parse((await lines?.read())?.value ?? '')).toEqual({ up: 12, down: 12 });
    expect(await nextDocument(stream)).toEqual({ up: 12, down: 12 });
    await lines?.cancel();
  });
});

describe('closed connections', () => {
  test('stay listed with their end, and vanish after their time while the totals keep them', async () => {
    const lingering = await start({ lingerMs: 2_000 });
    await echoThrough(lingering, 'short');
    const ended = await connectionsWhen(lingering.controlUrl, (got) => got.connections.length === 1 && allEnded(got));
    const [connection] = ended.connections;
    expect(Date.parse(connection?.end ?? '')).toBeGreaterThanOrEqual(Date.parse(connection?.start ?? ''));
    const later = await connectionsWhen(lingering.controlUrl, (got) => got.connections.length === 0);
    expect(later).toMatchObject({ uploadTotal: 5, downloadTotal: 5 });
  });

  test('stay listed only so many, the newest', async () => {
    const running = await start({ maxClosed: 3 });
    for (let index = 1; index <= 10; index += 1) await echoThrough(running, 'x'.repeat(index));
    const answer = await connectionsWhen(running.controlUrl, allEnded);
    expect(answer.connections.map((connection) => connection.upload)).toEqual([8, 9, 10]);
    expect(answer.uploadTotal).toBe(55);
  });
});

describe('the stream of connections', () => {
  test('sends the first document at once and further ones at the pace asked for', async () => {
    const { controlUrl } = await start();
    const slow = open(`${controlUrl}/connections?interval=3600000`);
    expect(await nextDocument(slow)).toMatchObject({ uploadTotal: 0, connections: [] });
    const quick = open(`${controlUrl}/connections?interval=50`);
    for (let index = 0; index < 3; index += 1) await nextDocument(quick);
  });

  test.each(['49', '0', '-1', 'NaN', 'soon', '1e99', 'Infinity'])(
    'is refused with 400 at the pace %j',
    async (interval) => {
      const { controlUrl } = await start();
      expect(await upgradeStatus(`${controlUrl}/connections?interval=${interval}`)).toBe(400);
      expect(await upgradeStatus(`${controlUrl}/connections?interval=50`)).toBe(101);
    },
  );

  test('is only to be had where there is one', async () => {
    const { controlUrl } = await start();
    expect(await upgradeStatus(`${controlUrl}/version`)).toBe(404);
  });
});

describe('a secret', () => {
  test('is asked for by every path and taken as a Bearer header', async () => {
    const { controlUrl } = await start({ secret: SECRET });
    const status = async (path: string, authorization?: string): Promise<number> =>
      (await fetch(`${controlUrl}${path}`, { headers: authorization === undefined ? {} : { authorization } })).status;
    for (const path of ['/version', '/connections', '/traffic', '/else']) {
      expect(await status(path)).toBe(401);
      expect(await status(path, 'Bearer wrong')).toBe(401);
      expect(await status(path, SECRET)).toBe(401);
    }
    expect(await status(`/version?token=${SECRET}`)).toBe(401);
    expect(await status('/version', `Bearer ${SECRET}`)).toBe(200);
  });

  test('guards the deletion of a connection', async () => {
    const { controlUrl } = await start({ secret: SECRET });
    expect((await fetch(`${controlUrl}/connections/1`, { method: 'DELETE' })).status).toBe(401);
  });

  test('opens a stream as a header or as a token', async () => {
    const { controlUrl } = await start({ secret: SECRET });
    const stream = `${controlUrl}/connections`;
    expect(await upgradeStatus(stream)).toBe(401);
    expect(await upgradeStatus(`${stream}?token=wrong`)).toBe(401);
    expect(await upgradeStatus(`${stream}?token=${SECRET}`)).toBe(101);
    expect(await upgradeStatus(stream, { authorization: `Bearer ${SECRET}` })).toBe(101);
  });

  test('is demanded of whoever lets others reach the control API', async () => {
    const started = startEgressProxy({ host: '0.0.0.0', proxyPort: 0, controlPort: 0 });
    await expect(started).rejects.toThrow(InvalidInputError);
    const { proxyUrl } = await start({ host: '0.0.0.0', secret: SECRET });
    expect(new URL(proxyUrl).hostname).toBe('127.0.0.1');
  });
});

describe('serving', () => {
  test('says where, goes on until it is stopped, and leaves no port and no tunnel behind', async () => {
    const stop = new AbortController();
    let ready: Pick<EgressProxy, 'proxyUrl' | 'controlUrl'> | undefined;
    const served = serveEgressProxy({
      proxyPort: 0,
      controlPort: 0,
      signal: stop.signal,
      onReady: (addresses) => {
        ready = addresses;
      },
    });
    while (ready === undefined) await new Promise((resolve) => setImmediate(resolve));
    const { socket } = await openTunnel({ proxyUrl: ready.proxyUrl, authority: `127.0.0.1:${echo.port}` });
    const stream = open(`${ready.controlUrl}/connections`);
    await once(stream, 'open');
    stop.abort();
    await served;
    await untilClosed(socket);
    await Promise.all(echo.sockets.map(untilClosed));
    await expect(fetch(`${ready.controlUrl}/version`)).rejects.toThrow('fetch failed');
    await expect(fetch(ready.proxyUrl)).rejects.toThrow('fetch failed');
  });

  test('on a port that is taken fails with its reason and leaves nothing listening', async () => {
    const controlPort = echo.port;
    const { proxyUrl } = await start();
    const proxyPort = Number(new URL(proxyUrl).port);
    await expect(startEgressProxy({ proxyPort, controlPort: 0 })).rejects.toThrow(InfrastructureError);
    await proxy?.close();
    await expect(startEgressProxy({ proxyPort, controlPort })).rejects.toThrow('EADDRINUSE');
    // Free again, although the proxy's own port could be had the first time.
    await start({ proxyPort });
  });

  test('can be closed twice', async () => {
    const running = await start();
    await Promise.all([running.close(), running.close()]);
  });
});
