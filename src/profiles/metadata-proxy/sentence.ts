// What was measured under one set of limits, as a part of the verdict's sentence.
import { formatCount, formatDuration, formatMiB } from '../../quantities/quantities.ts';
import { times } from '../judging/wording.ts';
import type { Measured } from './measured.ts';

/** `500m/25Mi 3,100 requests/s, p99 96 ms, 0 failed, peak 21.3 of 25 MiB`. */
export function measuredSentence({ label, limits, report, companion, restarts }: Measured): string {
  const load =
    report === null
      ? ['no report']
      : [
          ...(report.completed === 0
            ? ['no request answered']
            : [`${formatCount(report.requestsPerSecond)} requests/s`, `p99 ${formatDuration(report.total.p99Ms)}`]),
          `${formatCount(report.failed)} failed`,
        ];
  const peakBytes = companion?.usage?.peakMemoryBytes ?? null;
  const peak = peakBytes === null ? 'peak memory unknown' : `peak ${formatMiB(peakBytes)} of ${limits.memoryMiB} MiB`;
  const earlier = restarts.before === 0 ? [] : [`began anew ${times(restarts.before)} before the first load`];
  return `${label} ${[...load, peak, ...earlier].join(', ')}`;
}
