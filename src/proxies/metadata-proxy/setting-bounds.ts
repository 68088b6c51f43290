// What a metadata proxy's settings are where nobody says otherwise, and what they may be: for whoever writes or checks them.
import { DEFAULT_RULES } from './default-rules.ts';
import type { MetadataProxySettings } from './settings.ts';

/** Bounds and defaults of each number, in the unit of its name. More connections than the runtime has to one upstream would stall. */
export const NUMBERS = {
  maxConnections: { min: 1, max: 400, fallback: 100 },
  tokenMarginMs: { min: 0, max: 3_600_000, fallback: 300_000 },
  clientTimeoutMs: { min: 1_000, max: 255_000, fallback: 60_000 },
  upstreamTimeoutMs: { min: 1, max: 3_600_000, fallback: 60_000 },
  longestWaitMs: { min: 1_000, max: 86_400_000, fallback: 3_600_000 },
  stopGraceMs: { min: 0, max: 600_000, fallback: 10_000 },
} as const;

/** A setting that is a number. */
export type NumberName = keyof typeof NUMBERS;

/** A base URL of the plain scheme, without a path. */
export const UPSTREAM_PATTERN = /^http:\/\/(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** All settings but where it listens and what it is in front of. */
export const USUAL_SETTINGS: Omit<MetadataProxySettings, 'listen' | 'metrics' | 'upstream'> = {
  rules: DEFAULT_RULES,
  maxConnections: NUMBERS.maxConnections.fallback,
  merge: true,
  cache: true,
  tokenMarginMs: NUMBERS.tokenMarginMs.fallback,
  clientTimeoutMs: NUMBERS.clientTimeoutMs.fallback,
  upstreamTimeoutMs: NUMBERS.upstreamTimeoutMs.fallback,
  longestWaitMs: NUMBERS.longestWaitMs.fallback,
  stopGraceMs: NUMBERS.stopGraceMs.fallback,
  accessLog: false,
};
