import { describe, expect, test } from 'vitest';
import { clockCheck, offsetOfDate } from '../../../../src/cluster/diagnosis/clock-check.ts';

describe('a Date header', () => {
  test.each([
    { says: 'the same second', dateMs: 10_000, askedAtMs: 10_400, answeredAtMs: 10_500, offsetMs: 0 },
    {
      says: 'a second that passed while it travelled',
      dateMs: 10_000,
      askedAtMs: 10_900,
      answeredAtMs: 11_800,
      offsetMs: 0,
    },
    { says: 'a later second', dateMs: 20_000, askedAtMs: 10_400, answeredAtMs: 10_500, offsetMs: 9_500 },
    { says: 'an earlier second', dateMs: 10_000, askedAtMs: 20_400, answeredAtMs: 20_500, offsetMs: -9_401 },
  ])('of $says puts the clocks surely $offsetMs ms apart', ({ offsetMs, ...reading }) => {
    expect(offsetOfDate(reading)).toBe(offsetMs);
  });
});

describe('two clocks', () => {
  test.each([-2_000, 0, 2_000])('agree at %d ms', (offsetMs) => {
    expect(clockCheck({ name: 'clock', whose: 'node-1', against: "the API server's", offsetMs }).ok).toBe(true);
  });

  test.each([
    { offsetMs: 61_000, detail: "1 min 01 s ahead of the API server's" },
    { offsetMs: -2_001, detail: "2.0 s behind the API server's" },
  ])('do not at $offsetMs ms, which names whose time is to be set', ({ offsetMs, detail }) => {
    const check = clockCheck({ name: 'clock', whose: 'node-1', against: "the API server's", offsetMs });
    expect(check).toMatchObject({ ok: false, detail });
    expect(check.hint).toContain('Have the time of node-1 set by NTP');
  });
});
