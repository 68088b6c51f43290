// What the Clash client relies on, asked of every Clash API at hand: the embedded proxy and a real sing-box.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UnreachableError } from '../../src/errors/errors.ts';
import { startEgressProxy } from '../../src/proxies/egress/start-egress-proxy.ts';
import { createClashClient } from '../../src/sampling/clash-client.ts';
import type { ControlClient, ControlSnapshot } from '../../src/sampling/control-client.ts';
import { findSingBox, startSingBox } from '../support/sing-box.ts';
import { type CountingTarget, startTcpTarget } from '../support/counting-target.ts';
import { countToEnd, openTunnel } from '../support/open-tunnel.ts';

const SECRET = 'contract-s3cret';
const MIB = 1024 * 1024;

interface RunningProxy {
  readonly proxyUrl: string;
  readonly controlUrl: string;
  close(): Promise<void>;
}

interface Implementation {
  readonly name: string;
  readonly tellsInstance: boolean;
  /** Why it is left out; undefined where it is not. */
  readonly missing?: string | undefined;
  start(): Promise<RunningProxy>;
}

const singBox = findSingBox(process.env);
const implementations: readonly Implementation[] = [
  {
    name: 'the embedded proxy',
    tellsInstance: true,
    start: () => startEgressProxy({ proxyPort: 0, controlPort: 0, secret: SECRET }),
  },
  {
    name: 'sing-box',
    tellsInstance: false,
    missing:
      singBox === null
        ? 'there is no sing-box and no Go to build it with (`npm test` builds it; SING_BOX names one)'
        : undefined,
    start: () => startSingBox({ binary: singBox ?? '', secret: SECRET }),
  },
];

describe.each(implementations)('the Clash client and $name', ({ missing, tellsInstance, start }) => {
  if (missing !== undefined) {
    test.skip(`left out: ${missing}`, () => undefined);
    return;
  }
  let proxy: RunningProxy;
  let target: CountingTarget;
  let stop: AbortController;
  let client: ControlClient;

  beforeAll(async () => {
    proxy = await start();
    target = await startTcpTarget((socket) => {
      socket.once('data', () => socket.write(Buffer.alloc(MIB)));
      socket.on('end', () => socket.end());
      socket.resume();
    });
    client = createClashClient({ url: proxy.controlUrl, secret: SECRET });
  });
  afterAll(async () => {
    await proxy.close();
    await target.close();
  });
  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(() => stop.abort());

  /** Sends a kibibyte, is sent a mebibyte, and stays open. */
  async function openTransfer(): Promise<{ finish(): Promise<number> }> {
    const { proxyUrl } = proxy;
    const { socket, status } = await openTunnel({ proxyUrl, authority: `127.0.0.1:${target.port}` });
    expect(status).toBe(200);
    socket.write(Buffer.alloc(1024));
    const counted = countToEnd(socket);
    return {
      finish: () => {
        socket.end();
        return counted;
      },
    };
  }

  function isWhole({ connections }: ControlSnapshot): boolean {
    const destination = `127.0.0.1:${target.port}`;
    return connections.some(
      (connection) =>
        connection.destination === destination &&
        connection.client === '127.0.0.1' &&
        connection.uploadBytes === 1024 &&
        connection.downloadBytes === MIB,
    );
  }

  test('agree on exact bytes, totals and names by polling, while a connection is open and after it', async () => {
    const before = await client.read({ signal: stop.signal });
    const openedMs = Date.now();
    const transfer = await openTransfer();
    let open = await client.read({ signal: stop.signal });
    while (!isWhole(open)) open = await client.read({ signal: stop.signal });
    expect(open.downloadTotalBytes - before.downloadTotalBytes).toBe(MIB);
    expect(open.uploadTotalBytes - before.uploadTotalBytes).toBe(1024);
    const startMs = Math.max(...open.connections.map((connection) => connection.startMs));
    expect(startMs).toBeGreaterThanOrEqual(openedMs);

    expect(await transfer.finish()).toBe(MIB);
    const after = await client.read({ signal: stop.signal });
    expect(after.downloadTotalBytes - before.downloadTotalBytes).toBe(MIB);
    expect(after.uploadTotalBytes - before.uploadTotalBytes).toBe(1024);
  });

  test('agree on the same by stream', async () => {
    const outages: string[] = [];
    const transfer = await openTransfer();
    let seen: ControlSnapshot | undefined;
    for await (const reading of client.readings({
      intervalMs: 50,
      signal: stop.signal,
      onOutage: (reason) => outages.push(reason),
    })) {
      seen = reading;
      if (isWhole(reading)) break;
    }
    expect(seen?.via).toBe('stream');
    expect(outages).toEqual([]);
    await transfer.finish();
  });

  test('fall back to nothing but an outage when the secret is wrong', async () => {
    const stranger = createClashClient({ url: proxy.controlUrl, secret: 'wrong' });
    await expect(stranger.read({ signal: stop.signal })).rejects.toThrow(UnreachableError);
    await expect(stranger.instance({ signal: stop.signal })).rejects.toThrow('it answered 401');
    const outages: string[] = [];
    const readings = stranger.readings({
      intervalMs: 50,
      signal: stop.signal,
      onOutage: (reason) => {
        outages.push(reason);
        stop.abort();
      },
    });
    for await (const reading of readings) expect(reading).toBeUndefined();
    expect(outages).toEqual([expect.stringContaining('it answered 401')]);
  });

  test(`tell ${tellsInstance ? 'an instance' : 'no instance'}`, async () => {
    const instance = await client.instance({ signal: stop.signal });
    expect(typeof instance).toBe(tellsInstance ? 'string' : 'undefined');
  });
});
