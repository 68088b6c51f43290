// Durations as Go programs print them: `1m21.28s`, `313ms`, `25µs`.

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  µs: 0.001,
  μs: 0.001,
  us: 0.001,
  ns: 0.000001,
};

/** Milliseconds, rounded; null for anything else than a whole Go duration. */
export function parseGoDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|µs|μs|us|ns))+$/.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|µs|μs|us|ns)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return Math.round(totalMs);
}
