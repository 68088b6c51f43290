// The one place where bytes, rates, durations, shares and times become text. Pure and free of Node: workflows use it too.

/** Bytes in one MiB. */
export const BYTES_PER_MIB = 1_048_576;

const NOTHING = '-';
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes in the unit that reads best: `512 B`, `1.5 KiB`, `87.3 MiB`. Null shows as `-`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return NOTHING;
  const whole = Math.round(bytes);
  if (Math.abs(whole) < 1024) return `${whole} B`;
  let scaled = whole / 1024;
  let unit = 0;
  // Past 1023.95 one decimal would read `1024.0`.
  while (Math.abs(scaled) >= 1023.95 && unit < BINARY_UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${scaled.toFixed(1)} ${BINARY_UNITS[unit] ?? ''}`;
}

/** Bytes as a bare number of MiB with one decimal, for columns whose header names the unit. Null shows as `-`. */
export function formatMiB(bytes: number | null): string {
  return bytes === null || !Number.isFinite(bytes) ? NOTHING : (bytes / BYTES_PER_MIB).toFixed(1);
}

/** Bytes per second: `3.2 MiB/s`. Null shows as `-`. */
export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null || !Number.isFinite(bytesPerSecond) ? NOTHING : `${formatBytes(bytesPerSecond)}/s`;
}

/** Milliseconds as `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`. Null shows as `-`; never below zero. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null || !Number.isFinite(durationMs)) return NOTHING;
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A number of things, its thousands apart: `200,000`; below ten with one decimal where it has any. Null shows as `-`. */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return NOTHING;
  const text = Math.abs(count) < 9.95 && !Number.isInteger(count) ? count.toFixed(1) : String(Math.round(count));
  return text.replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Milliseconds as a bare number, for columns whose header names the unit: `0.42`, `96.3`, `3,592`. Null shows as `-`. */
export function formatMilliseconds(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return NOTHING;
  if (Math.abs(ms) < 9.995) return ms.toFixed(2);
  return Math.abs(ms) < 99.95 ? ms.toFixed(1) : formatCount(Math.round(ms));
}

/** Takes back what binary fractions lose: 0.57 * 1000 is a little less than 570. */
const FRACTION_SLACK = 1e-9;

/** A share from 0 to 1 as a percentage with one decimal, never rounded up to what it is not. Null shows as `-`. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NOTHING;
  return `${(Math.floor(share * 1000 + FRACTION_SLACK) / 10).toFixed(1)}%`;
}

/** A moment as `2026-11-21 14:05:09Z`. Null shows as `-`. */
export function formatTime(atMs: number | null): string {
  if (atMs === null || !Number.isFinite(atMs)) return NOTHING;
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
