import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { orderFault } from '../../cluster/servers/fault-file.ts';
import type { Fault } from '../../cluster/servers/fault-file.ts';
import { misbehavingFront } from '../../cluster/servers/misbehaving-front.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const BODY = 'x'.repeat(50_000);

it('passes requests on, and knows what it does not serve', async () => {
  const { url } = await startFront();
  const served = await fetch(`${url}/served/thing`);
  expect(served.headers.get('x-path')).toBe('/thing');
  expect(await served.text()).toBe(BODY);
  expect((await fetch(`${url}/other`)).status).toBe(404);
});

it('answers the status that was ordered until the order ends', async () => {
  const { url, order } = await startFront();
  order({ kind: 'answers', status: 500 });
  expect((await fetch(`${url}/served/thing`)).status).toBe(500);
  order(null);
  expect((await fetch(`${url}/served/thing`)).status).toBe(200);
});

it('resets everybody, or Pods only', async () => {
  const { url, order } = await startFront();
  order({ kind: 'refuses', fromPodsOnly: true });
  expect((await fetch(`${url}/served/thing`)).status).toBe(200);
  order({ kind: 'refuses', fromPodsOnly: false });
  await expect(fetch(`${url}/served/thing`)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
});

it('hands slow answers over whole', async () => {
  const { url, order } = await startFront();
  order({ kind: 'slow', bytesPerSecond: 1_000_000 });
  expect(await (await fetch(`${url}/served/thing`)).text()).toBe(BODY);
});

it('cuts an answer off that its server has cut off', async () => {
  const { url } = await startFront((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('begun', () => response.destroy());
  });
  const begun = await fetch(`${url}/served/thing`);
  await expect(begun.text()).rejects.toThrow();
});

/** A front before a server that answers with BODY and the path it was asked for. */
async function startFront(behind?: RequestListener): Promise<{
  readonly url: string;
  readonly order: (fault: Fault | null) => void;
}> {
  const faultFile = join(temporaryDirectory('front'), 'fault.json');
  const served = await listen(
    createServer(behind ?? ((request, response) => response.setHeader('x-path', request.url ?? '').end(BODY))),
  );
  const front = misbehavingFront({
    faultFile,
    note: () => undefined,
    onwardOf: (path) => (path.startsWith('/served/') ? { port: served, path: path.slice('/served'.length) } : null),
  });
  const port = await listen(createServer(front.onRequest).on('connection', front.onConnection));
  return { url: `http://127.0.0.1:${port}`, order: (fault) => orderFault({ file: faultFile, fault }) };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
