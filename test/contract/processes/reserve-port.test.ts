import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { reservePort } from '../../../src/processes/reserve-port.ts';

const LOOPBACK = '127.0.0.1';
const TIME_WAIT = '06';

/** States of the port's connections as the kernel lists them, one for each. */
function statesOf(port: number): readonly (string | undefined)[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  return columns.filter(([, local]) => local?.endsWith(`:${hex}`) === true).map(([, , , state]) => state);
}

async function listenOn(port: number): Promise<void> {
  const server = createServer().listen(port, LOOPBACK);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

test.skipIf(process.platform !== 'linux')(
  'a reserved port is one that the kernel gives to nobody else for a minute',
  async () => {
    expect(statesOf(await reservePort({ ip: LOOPBACK }))).toEqual([TIME_WAIT]);
  },
);

test('whoever names a reserved port can listen there at once', async () => {
  await listenOn(await reservePort({ ip: LOOPBACK }));
});

test('every reserved port is another one', async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, () => reservePort({ ip: LOOPBACK })));
  expect(new Set(ports).size).toBe(100);
});

test('an address that is not of this machine is refused by the system’s own error', async () => {
  await expect(reservePort({ ip: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
