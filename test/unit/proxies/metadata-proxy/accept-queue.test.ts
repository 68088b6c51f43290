import { expect, it } from 'vitest';
import { lengthenAcceptQueue } from '../../../../src/proxies/metadata-proxy/accept-queue.ts';

it('leaves the queue as it is where the runtime cannot reach the C library, and says so', () => {
  expect(lengthenAcceptQueue({ port: 988 })).toBe(false);
});
