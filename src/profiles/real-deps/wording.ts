// Numbers as a verdict's sentence shows them; the same on every machine, for they are made inside workflows.

const BYTES_PER_MIB = 1_048_576;

/** `512.3 MiB`; below a tenth of one, the bytes themselves. */
export function mib(bytes: number): string {
  return bytes < BYTES_PER_MIB / 10 ? `${bytes} bytes` : `${(bytes / BYTES_PER_MIB).toFixed(1)} MiB`;
}

/** Two sizes that a reader can tell apart: as bytes where rounding would make them look the same. */
export function apart(oneBytes: number, otherBytes: number): readonly [string, string] {
  const [one, other] = [mib(oneBytes), mib(otherBytes)];
  return one === other && oneBytes !== otherBytes ? [`${oneBytes} bytes`, `${otherBytes} bytes`] : [one, other];
}

/** `90 s`, `1.5 s`. */
export function duration(durationMs: number): string {
  return `${durationMs / 1000} s`;
}

/** `97.3 %`, never rounded up to a whole that it is not. */
export function share(value: number): string {
  return `${(Math.floor(value * 1000) / 10).toFixed(1)} %`;
}

/** `1 gap`, `2 gaps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `14:03:10 and 14:03:25 UTC`. */
export function timeSpan(span: { readonly fromMs: number; readonly toMs: number }): string {
  return `${timeOfDay(span.fromMs)} and ${timeOfDay(span.toMs)} UTC`;
}

function timeOfDay(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  return [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
