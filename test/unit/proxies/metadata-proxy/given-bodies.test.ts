import { describe, expect, it } from 'vitest';
import { givenResponse } from '../../../../src/proxies/metadata-proxy/given-bodies.ts';

function given(bytes: number) {
  let ends = 0;
  const client = new AbortController();
  const response = givenResponse({
    answer: { status: 200, lines: [['ETag', 'a']], body: new Uint8Array(bytes) },
    end: () => void (ends += 1),
    request: { signal: client.signal },
  });
  return { response, client, ends: () => ends };
}

describe('an answer for a client', () => {
  it('is over at once where it is small', async () => {
    const { response, ends } = given(16 * 1024);
    expect(ends()).toBe(1);
    expect((await response.arrayBuffer()).byteLength).toBe(16 * 1024);
  });

  it('goes in pieces where it is large, and is over with the last', async () => {
    const { response, ends } = given(40_000);
    expect([response.headers.get('content-length'), response.headers.get('etag')]).toEqual(['40000', 'a']);
    const reader = response.body?.getReader();
    const sizes: number[] = [];
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
      expect(ends()).toBe(0);
      sizes.push((step.value as Uint8Array).length);
    }
    expect(sizes).toEqual([16_384, 16_384, 7_232]);
    expect(ends()).toBe(1);
  });

  it.each(['before it was asked for', 'in the middle'])('is over when the client goes %s', async (when) => {
    const { response, client, ends } = given(40_000);
    if (when === 'in the middle') await response.body?.getReader().read();
    client.abort();
    client.abort();
    expect(ends()).toBe(1);
  });
});
