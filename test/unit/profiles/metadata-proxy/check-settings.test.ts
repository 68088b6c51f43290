import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../../../src/profiles/metadata-proxy/check-settings.ts';

const limit = (cpuMillicores: number, more: object = {}): object => ({
  cpuMillicores,
  memoryMiB: 25,
  requests: 1_000,
  concurrency: 100,
  ...more,
});
const profile = (metadataProxy: object, more: object = {}): object => ({
  kind: 'metadata-proxy',
  metadataProxy,
  ...more,
});

describe('settings of a metadata proxy that only together are wrong', () => {
  it('are none in a usable profile, nor in what the schema will refuse', () => {
    expect(
      checkSettings(profile({ limits: [limit(500), limit(30), limit(500, { memoryMiB: 64 })] }, { requires: 'host' })),
    ).toEqual([]);
    for (const raw of [null, 7, [], {}, profile({}), profile({ limits: 'many' }), profile({ limits: [null, 3] })]) {
      expect(checkSettings(raw)).toEqual([]);
    }
  });

  it.each<[string, object, { path: readonly (string | number)[]; message: string; hint: string }]>([
    [
      'the same limits twice',
      profile({ limits: [limit(500), limit(500)] }),
      {
        path: ['metadataProxy', 'limits', 1],
        message: 'has the limits of an earlier entry',
        hint: 'Keep each pair of cpuMillicores and memoryMiB once',
      },
    ],
    [
      'more connections than requests',
      profile({ limits: [limit(500, { requests: 50 })] }),
      {
        path: ['metadataProxy', 'limits', 0, 'concurrency'],
        message: 'is more than the requests',
        hint: 'Give at most 50, or more requests',
      },
    ],
    [
      'more loads than a Pod can tell of',
      profile({ limits: [limit(500), limit(100), limit(30)] }),
      {
        path: ['metadataProxy', 'limits'],
        message: 'has more than 2 entries, and the reports of more loads do not fit into what a Pod can tell',
        hint: 'Spread them over several profiles, or let the profile require a host',
      },
    ],
  ])('are told with their place: %s', (_, raw, expected) => {
    expect(checkSettings(raw)).toEqual([expect.objectContaining(expected)]);
  });
});
