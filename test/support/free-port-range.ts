// Consecutive ports below those that a kernel gives away by itself, for programs that are told where to listen.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const FIRST = 20_000;
const LAST = 30_000;
const TRIES = 100;

/** The first of so many ports on which nobody listens. @throws Error when none are found */
export async function freePortRange({ count }: { readonly count: number }): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const first = randomInt(FIRST, LAST - count);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row between ${FIRST} and ${LAST}`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
