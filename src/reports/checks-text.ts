// `doctor` for people: what holds, what does not, and how to mend it.
import type { Check } from '../activities/contract.ts';
import type { Paint } from './paint.ts';
import { wrapText } from './wrap-text.ts';

const INDENT = '      ';

/**
 * A line for each check, and under a failed one the way to mend it. Broken between words at `width` columns; commands in
 * it stay in one piece where there is none.
 */
export function renderChecks({
  checks,
  paint,
  width,
}: {
  readonly checks: readonly Check[];
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const room = width === undefined ? undefined : Math.max(20, width - INDENT.length);
  const lines = (text: string): readonly string[] => wrapText({ text, width: room });
  return checks
    .flatMap((check) => {
      const [first = '', ...more] = lines(`${check.name}: ${check.detail}`);
      const hint = check.ok || check.hint === '' ? [] : lines(check.hint);
      return [`${markOf({ check, paint })}  ${first}`, ...[...more, ...hint].map((line) => INDENT + line)];
    })
    .join('\n');
}

function markOf({ check, paint }: { readonly check: Check; readonly paint: Paint }): string {
  if (check.ok) return paint.good('ok  ');
  return check.advisory === true ? paint.waiting('note') : paint.bad('FAIL');
}
