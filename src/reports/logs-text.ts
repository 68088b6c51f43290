// `logs` for people: each stage's log under a line that names it.
import type { InspectResult } from '../activities/contract.ts';
import type { Paint } from './paint.ts';

export function renderLogs({ inspected, paint }: { readonly inspected: InspectResult; readonly paint: Paint }): string {
  const { job, logs, target } = inspected;
  if (job === null) return `${target}: no Job of this program is on the target`;
  const heading = (stage: string, remark: string): string =>
    paint.strong(`== ${target} / ${job.jobName} / ${stage}${remark} ==`);
  if (logs.length === 0) return `${target}: the Job ${job.jobName} (${job.state}) has no logs yet`;
  return logs
    .map(({ stage, text, truncated }) => {
      const body = text === '' ? paint.faint('(nothing was written)') : text.trimEnd();
      return `${heading(stage, truncated ? ' (its end; earlier lines left out)' : '')}\n${body}`;
    })
    .join('\n\n');
}
