// `doctor` for people: what holds, what does not, and how to mend it.
import type { Check } from '../activities/contract.ts';
import type { Paint } from './paint.ts';

/** A line for each check, and under a failed one the way to mend it. */
export function renderChecks({ checks, paint }: { readonly checks: readonly Check[]; readonly paint: Paint }): string {
  return checks
    .flatMap(({ name, ok, detail, hint }) => [
      `${ok ? paint.good('ok  ') : paint.bad('FAIL')}  ${name}: ${detail}`,
      ...(ok || hint === '' ? [] : [`      ${hint}`]),
    ])
    .join('\n');
}
