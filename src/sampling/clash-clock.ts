// The Date of a Clash API's answer, with the moments around it.
import type { ClashEndpoint } from './clash-endpoint.ts';
import { getFromClash } from './clash-request.ts';
import type { ClockReading } from './clock-offset.ts';

/** Undefined where the answer carries no Date. @throws UnreachableError; what `signal` aborts with */
export async function readClashClock(input: {
  readonly endpoint: ClashEndpoint;
  readonly signal: AbortSignal;
}): Promise<ClockReading | undefined> {
  const askedAtMs = Date.now();
  let dateMs = Number.NaN;
  let answeredAtMs = askedAtMs;
  await getFromClash({
    ...input,
    path: '/version',
    parse: () => undefined,
    onHeaders: (headers) => {
      answeredAtMs = Date.now();
      dateMs = Date.parse(headers.get('date') ?? '');
    },
  });
  return Number.isNaN(dateMs) ? undefined : { dateMs, askedAtMs, answeredAtMs };
}
