// The environment that tells a stage's tools to use the proxy under test.
import type { EnvironmentVariable, PlannedProxy } from '../../plan/plan.ts';

/** The variables that say which proxy to use; git and others read only the lower-case forms. */
export const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
] as const;

/** The variables that say what goes direct. */
export const NO_PROXY_VARIABLES = ['NO_PROXY', 'no_proxy'] as const;

/** All eight, always set: an empty NO_PROXY clears one that the stage would inherit. */
export function proxyEnvironment(proxy: PlannedProxy): EnvironmentVariable[] {
  return [
    ...PROXY_VARIABLES.map((name) => ({ name, value: proxy.url })),
    ...NO_PROXY_VARIABLES.map((name) => ({ name, value: proxy.noProxy })),
  ];
}
