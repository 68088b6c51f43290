import { expect, it } from 'vitest';
import { requestFor, startMetadataProxy } from '../../../support/metadata-proxy.ts';
import { openRawHttpClient } from '../../../support/raw-http-client.ts';

const REFUSED = requestFor({ target: '/nothing' });

/** How many of two requests in one piece are answered: where the first has to wait, the runtime ends the connection. */
async function answeredOfTwo(proxy: { readonly port: number }): Promise<number> {
  const client = await openRawHttpClient(proxy);
  client.send(REFUSED + REFUSED);
  for (let answered = 0; answered < 2; answered += 1) {
    if ((await client.answer().catch(() => null)) === null) return answered;
  }
  return 2;
}

it('comes to rest at every 4,096th request, even where it could answer at once', async () => {
  const proxy = await startMetadataProxy({ upstream: 'http://127.0.0.1:9' });
  const client = await openRawHttpClient(proxy);
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 4_093; index += 1) {
      client.send(REFUSED);
      expect((await client.answer()).status).toBe(403);
    }
    expect([await answeredOfTwo(proxy), await answeredOfTwo(proxy)]).toEqual([2, 0]);
  }
});
