// Makes the settings of a configuration so that each carries its unit, default, bounds and a hint for whoever errs.
import { z } from 'zod';

/**
 * A number with inclusive bounds; whole unless `fractions`.
 * The hint that readers of a bad value see, and the line in docs/configuration.md, are made from the same facts.
 */
export function numberSetting(input: {
  readonly description: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly fractions?: boolean;
}) {
  const { description, unit, min, max, fractions = false } = input;
  const base = fractions ? z.number() : z.int();
  const hint = `Give a ${fractions ? '' : 'whole '}number of ${unit} from ${min} to ${max}`;
  return base.min(min).max(max).meta({ description, unit, hint });
}

/** A text of one line that must match `pattern` from end to end. `hint` says what it looks like when it is right. */
export function textSetting(input: { readonly description: string; readonly pattern: RegExp; readonly hint: string }) {
  const { description, pattern, hint } = input;
  return z.string().regex(pattern).meta({ description, hint });
}

/** The image that a container runs. */
export function imageSetting(description: string) {
  return textSetting({
    description,
    pattern: /^[a-z0-9][A-Za-z0-9._:/@-]{2,254}$/,
    hint: 'Give a full image reference with its tag, as docker.io/library/alpine:3.20',
  });
}

/** A name that a user gives to a target or profile: it becomes a label's value, an argv word and part of object names. */
export function nameSetting(description: string) {
  return textSetting({
    description,
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?$/,
    hint: 'Use 1 to 40 letters, digits and dashes, with a letter or digit at both ends',
  });
}

/** A Kubernetes name of one DNS label: a namespace, a Service. */
export function dnsLabelSetting(description: string) {
  return textSetting({
    description,
    pattern: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    hint: 'Use 1 to 63 lower-case letters, digits and dashes, starting with a letter and not ending in a dash',
  });
}
