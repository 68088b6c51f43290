import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMiB,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatTime,
} from '../../../src/quantities/quantities.ts';

describe('quantities as text', () => {
  it.each([
    [0, '0'],
    [4.44, '4.4'],
    [9.96, '10'],
    [56, '56'],
    [999.5, '1,000'],
    [3_158.4, '3,158'],
    [200_000, '200,000'],
    [1_234_567, '1,234,567'],
    [null, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('shows the count %s as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [0, '0.00'],
    [0.421, '0.42'],
    [9.998, '10.0'],
    [96.34, '96.3'],
    [99.96, '100'],
    [3_592.1, '3,592'],
    [null, '-'],
  ])('shows %s bare milliseconds as %s', (ms, text) => {
    expect(formatMilliseconds(ms)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [1_536, '1.5 KiB'],
    [1_048_575, '1.0 MiB'],
    [44_564_480, '42.5 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5_000 * 1024 ** 4, '5000.0 TiB'],
    [null, '-'],
    [Number.NaN, '-'],
  ])('shows %s bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 00 s'],
    [245_000, '4 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
    [null, '-'],
  ])('shows %s milliseconds as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it.each([
    [1, '100.0%'],
    [0.99999, '99.9%'],
    [0.57, '57.0%'],
    [0.0549, '5.4%'],
    [0, '0.0%'],
    [null, '-'],
  ])('never rounds the share %s up: %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  it('shows rates, bare MiB and moments', () => {
    expect([formatRate(3_355_443), formatMiB(44_564_480), formatMiB(null), formatTime(0)]).toEqual([
      '3.2 MiB/s',
      '42.5',
      '-',
      '1970-01-01 00:00:00Z',
    ]);
  });
});
