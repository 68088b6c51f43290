// What a verdict's sentence says beyond plain quantities; the same on every machine, for it is made inside workflows.
import { formatBytes, formatCount } from '../../quantities/quantities.ts';

/** Two sizes that a reader can tell apart: as bytes where rounding would make them look the same. */
export function apart(oneBytes: number, otherBytes: number): readonly [string, string] {
  const [one, other] = [formatBytes(oneBytes), formatBytes(otherBytes)];
  return one === other && oneBytes !== otherBytes ? [`${oneBytes} bytes`, `${otherBytes} bytes`] : [one, other];
}

/** `1 gap`, `2 gaps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `once`, `3 times`. */
export function times(number: number): string {
  return number === 1 ? 'once' : `${formatCount(number)} times`;
}

/** `14:03:10 and 14:03:25 UTC`. */
export function timeSpan(span: { readonly fromMs: number; readonly toMs: number }): string {
  return `${timeOfDay(span.fromMs)} and ${timeOfDay(span.toMs)} UTC`;
}

function timeOfDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
