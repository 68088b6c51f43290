// The lean program's own look at its settings: a file by hand may lack what a proxy cannot do without.
import { NUMBERS, UPSTREAM_PATTERN } from './setting-bounds.ts';
import type { MetadataProxySettings } from './settings.ts';

const SWITCHES = ['merge', 'cache', 'accessLog'] as const;
const LISTS = ['queryKeys', 'recursive', 'concealed', 'discovery', 'prefixes'] as const;

/** @throws Error that names every setting that is missing or not what it may be */
export function checkedSettings(given: unknown): MetadataProxySettings {
  const settings = recordOf(given);
  const rules = recordOf(settings['rules']);
  const wrong = [
    ...Object.entries(NUMBERS).filter(([name, { min, max }]) => !isWhole(settings[name], min, max)),
    ...SWITCHES.filter((name) => typeof settings[name] !== 'boolean').map((name) => [name]),
    ...LISTS.filter((name) => !isTexts(rules[name])).map((name) => [`rules.${name}`]),
    ...['listen', 'metrics'].filter((name) => !isAddress(settings[name])).map((name) => [name]),
    ...(typeof settings['upstream'] === 'string' && UPSTREAM_PATTERN.test(settings['upstream']) ? [] : [['upstream']]),
  ].map(([name]) => name);
  if (wrong.length > 0) throw new Error(`these settings are missing or not as they may be: ${wrong.join(', ')}`);
  return given as MetadataProxySettings;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isAddress(value: unknown): boolean {
  const { host, port } = recordOf(value);
  return typeof host === 'string' && host !== '' && isWhole(port, 0, 65_535);
}
