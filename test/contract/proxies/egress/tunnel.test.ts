import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EgressProxy, startEgressProxy } from '../../../../src/proxies/egress/start-egress-proxy.ts';
import { allEnded, connectionsWhen, getConnections, sumOf } from '../../../support/clash-api.ts';
import { type CountingTarget, startTcpTarget } from '../../../support/counting-target.ts';
import { countToEnd, openTunnel, untilClosed } from '../../../support/open-tunnel.ts';

const MIB = 1024 * 1024;
/** More than the kernel's own buffers on the way can hold. */
const KERNEL_BUFFERS_BYTES = 40 * MIB;

let proxy: EgressProxy;
let target: CountingTarget | undefined;

beforeEach(async () => {
  proxy = await startEgressProxy({ proxyPort: 0, controlPort: 0 });
});
afterEach(async () => {
  await target?.close();
  target = undefined;
  await proxy.close();
});

async function startTarget(onSocket: (socket: Socket) => void): Promise<string> {
  target = await startTcpTarget(onSocket);
  return `127.0.0.1:${target.port}`;
}

async function tunnelStillWorks(): Promise<void> {
  const echo = await startTcpTarget((socket) => socket.pipe(socket));
  const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority: `127.0.0.1:${echo.port}` });
  socket.end('still here');
  expect(await countToEnd(socket)).toBe('still here'.length);
  await echo.close();
}

/** A count that has begun and then stood still for a while. */
async function settled(count: () => Promise<number>): Promise<number> {
  for (let before = 0; ; ) {
    const now = await count();
    if (now > 0 && now === before) return now;
    before = now;
    await sleep(150);
  }
}

describe('what a tunnel counts', () => {
  test('is exactly what was sent and received, both ways at once, in large transfers', async () => {
    const authority = await startTarget((socket) => {
      socket.resume();
      socket.end(Buffer.alloc(40 * MIB, 1));
    });
    const { socket, status } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    expect(status).toBe(200);
    socket.end(Buffer.alloc(24 * MIB, 2));
    expect(await countToEnd(socket)).toBe(40 * MIB);

    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer).toMatchObject({ uploadTotal: 24 * MIB, downloadTotal: 40 * MIB });
    expect(answer.connections).toHaveLength(1);
    expect(answer.connections[0]).toMatchObject({ upload: 24 * MIB, download: 40 * MIB });
    expect(target?.receivedBytes()).toBe(24 * MIB);
  });

  test('includes bytes that came in one packet with the CONNECT request', async () => {
    const authority = await startTarget((socket) => socket.pipe(socket));
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority, head: 'early' });
    socket.end(' and late');
    expect(await countToEnd(socket)).toBe('early and late'.length);
    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer).toMatchObject({ uploadTotal: 14, downloadTotal: 14 });
  });

  test('is told while the tunnel is still open', async () => {
    const authority = await startTarget((socket) => socket.write('greeting'));
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    socket.write('question');
    const answer = await connectionsWhen(proxy.controlUrl, (got) => got.uploadTotal === 8 && got.downloadTotal === 8);
    expect(answer.connections).toMatchObject([
      {
        metadata: { host: '', destinationIP: '127.0.0.1', sourceIP: '127.0.0.1', type: 'HTTPS' },
        upload: 8,
        download: 8,
      },
    ]);
    expect(answer.connections[0]).not.toHaveProperty('end');
    socket.destroy();
  });

  test('adds up to the totals over many tunnels at once', async () => {
    const authority = await startTarget((socket) => socket.pipe(socket));
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
        socket.end(Buffer.alloc(1000 + index));
        expect(await countToEnd(socket)).toBe(1000 + index);
      }),
    );
    const bytes = 60 * 1000 + (59 * 60) / 2;
    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer).toMatchObject({ uploadTotal: bytes, downloadTotal: bytes });
    expect(sumOf(answer)).toEqual({ upload: bytes, download: bytes });
    expect(answer.connections).toHaveLength(60);
  });
});

describe('a tunnel', () => {
  test('stays open for the answer when the client has said its last word', async () => {
    const authority = await startTarget((socket) => {
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      socket.on('end', () => socket.end(`got ${bytes}`));
    });
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    socket.end('x'.repeat(5000));
    expect(await countToEnd(socket)).toBe('got 5000'.length);
  });

  test('stays open for the upload when the target has said its last word', async () => {
    const authority = await startTarget((socket) => {
      socket.resume();
      socket.end('bye');
    });
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    expect(await countToEnd(socket)).toBe(3);
    socket.end(Buffer.alloc(3 * MIB));
    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(answer).toMatchObject({ uploadTotal: 3 * MIB, downloadTotal: 3 });
    expect(target?.receivedBytes()).toBe(3 * MIB);
  });

  test('does not read ahead of a slow client, and loses nothing when the client goes on', {
    timeout: 30_000,
  }, async () => {
    const authority = await startTarget((socket) => socket.end(Buffer.alloc(96 * MIB)));
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    const taken = await settled(async () => (await getConnections(proxy.controlUrl)).downloadTotal);
    expect(taken).toBeLessThan(KERNEL_BUFFERS_BYTES);
    const counted = countToEnd(socket);
    socket.end();
    expect(await counted).toBe(96 * MIB);
    expect(await connectionsWhen(proxy.controlUrl, allEnded)).toMatchObject({ downloadTotal: 96 * MIB });
  });

  test('does not take more from a client than a slow target takes', { timeout: 30_000 }, async () => {
    const authority = await startTarget((socket) => socket.pause());
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    for (let sent = 0; sent < 96; sent += 1) socket.write(Buffer.alloc(MIB));
    const taken = await settled(() => Promise.resolve(socket.bytesWritten - socket.writableLength));
    expect(taken).toBeLessThan(KERNEL_BUFFERS_BYTES);
    target?.sockets[0]?.resume();
    const all = await connectionsWhen(proxy.controlUrl, (got) => got.uploadTotal >= 96 * MIB);
    expect(all.uploadTotal).toBe(96 * MIB);
    socket.destroy();
  });

  test('is broken on the target side when the client breaks off in the middle of a transfer', async () => {
    const authority = await startTarget((socket) => {
      const fill = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024)));
      };
      socket.on('drain', fill);
      fill();
    });
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    await connectionsWhen(proxy.controlUrl, (got) => got.downloadTotal > MIB);
    socket.resetAndDestroy();
    await Promise.all((target?.sockets ?? []).map(untilClosed));
    const answer = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(sumOf(answer)).toEqual({ upload: answer.uploadTotal, download: answer.downloadTotal });
    await tunnelStillWorks();
  });

  test('is broken for the client, not ended, when the target resets', async () => {
    const authority = await startTarget((socket) => {
      socket.write('half of it');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { socket } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    const broken = countToEnd(socket);
    socket.write('now');
    await expect(broken).rejects.toThrow('ECONNRESET');
    await connectionsWhen(proxy.controlUrl, allEnded);
    await tunnelStillWorks();
  });
});

describe('a target that cannot be reached', () => {
  test('is answered with 502 and the reason when it refuses', async () => {
    const authority = await startTarget(() => undefined);
    await target?.close();
    const { status, answer } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
    expect(status).toBe(502);
    expect(answer).toContain(`Target ${authority} cannot be reached: ECONNREFUSED`);
    await tunnelStillWorks();
  });

  test('is answered with 502 when its name does not exist', async () => {
    const { status, answer } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority: 'no-such-host.invalid:443' });
    expect(status).toBe(502);
    expect(answer).toContain('Target no-such-host.invalid:443 cannot be reached');
    const { connections } = await connectionsWhen(proxy.controlUrl, allEnded);
    expect(connections).toMatchObject([{ metadata: { host: 'no-such-host.invalid' }, upload: 0, download: 0 }]);
    await tunnelStillWorks();
  });

  test.each([
    'GET / HTTP/1.1\r\n\r\n',
    'GET http:// HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http://u:p@127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http://127.0.0.1:0/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET https://127.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT [::1:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ])('and nonsense like %j are answered with a failure, and the proxy goes on', async (nonsense) => {
    const { hostname, port } = new URL(proxy.proxyUrl);
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.write(nonsense, 'latin1');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 (400|502) /);
    socket.destroy();
    await tunnelStillWorks();
  });

  test.each(['127.0.0.1', '127.0.0.1:99999', ':443'])(
    'is answered with 400 when it is written as %j',
    async (authority) => {
      const { status } = await openTunnel({ proxyUrl: proxy.proxyUrl, authority });
      expect(status).toBe(400);
      await tunnelStillWorks();
    },
  );
});
