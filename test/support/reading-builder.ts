// Readings of companions, for tests to say only what they are about.
import type { CompanionReading, CompanionUsage } from '../../src/evidence/companion-model.ts';
import { UNKNOWN_USAGE } from '../../src/evidence/unknown-usage.ts';

export function buildReading(overrides: Partial<CompanionReading> = {}): CompanionReading {
  return { name: 'proxy', atMs: 1, metrics: {}, usage: null, ...overrides };
}

/** Nothing known but what is said. */
export function buildUsage(overrides: Partial<CompanionUsage> = {}): CompanionUsage {
  return { ...UNKNOWN_USAGE, ...overrides };
}
