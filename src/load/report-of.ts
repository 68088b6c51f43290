// From what was counted to what is reported.
import type { LoadReport } from './load-report.ts';
import type { LoadSettings } from './load-settings.ts';
import { type Tally, failedOf } from './tally.ts';
import { timesOf } from './time-histogram.ts';

export function reportOf({ settings, tally }: { readonly settings: LoadSettings; readonly tally: Tally }): LoadReport {
  const { open, connections, keepAlive } = settings;
  const { requests, completed, receivedBytes, times } = tally;
  const durationMs = Math.max(0, tally.untilMs - tally.fromMs);
  const perSecond = (amount: number): number => (durationMs === 0 ? 0 : rounded((amount * 1000) / durationMs));
  const late = timesOf(times.late);
  return {
    version: 1,
    shape: open === null ? 'closed' : 'open',
    connections,
    keepAlive,
    requests,
    completed,
    failed: failedOf(tally),
    errors: { ...tally.errors },
    statuses: { ...tally.statuses },
    durationMs: rounded(durationMs),
    requestsPerSecond: perSecond(completed),
    receivedBytes,
    transferBytesPerSecond: perSecond(receivedBytes),
    connect: timesOf(times.connect),
    processing: timesOf(times.processing),
    waiting: timesOf(times.waiting),
    total: timesOf(times.total),
    ...(tally.cancelled ? { cancelled: true, abandoned: tally.abandoned } : {}),
    ...(open === null
      ? {}
      : {
          open: {
            ratePerSecond: open.ratePerSecond,
            arrivals: open.arrivals,
            mostWaiting: tally.mostWaiting,
            lateP99Ms: late.p99Ms,
            lateMaxMs: late.maxMs,
          },
        }),
    ...(completed > 0 ? {} : { note: `nothing was measured: no request was ${requests === 0 ? 'begun' : 'answered'}` }),
    ...(failedOf(tally) === 0 ? {} : { examples: { ...tally.examples } }),
  };
}

/** Three decimals: more would be noise, and room in the report. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
