// `list` for people: one line per run, newest first.
import type { RunSummary } from '../temporal/list-runs.ts';
import { type Paint, paintState } from './paint.ts';
import { formatDuration, formatTime } from '../quantities/quantities.ts';
import { renderTable } from './table.ts';

export function renderList(input: {
  readonly runs: readonly RunSummary[];
  readonly nowMs: number;
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { runs, nowMs, paint, width } = input;
  return renderTable({
    width,
    columns: [
      { header: 'RUN' },
      { header: 'TARGET' },
      { header: 'PROFILE', expendable: 1 },
      { header: 'STATE' },
      { header: 'STARTED', expendable: 3 },
      { header: 'DURATION', align: 'right', expendable: 2 },
      { header: 'FAILURE FAMILY' },
    ],
    rows: runs.map((run) => [
      run.run,
      run.target ?? '-',
      run.profile ?? '-',
      paintState({ state: run.state, paint }),
      formatTime(run.startedAtMs),
      formatDuration((run.finishedAtMs ?? nowMs) - run.startedAtMs),
      run.failureFamily ?? '-',
    ]),
  });
}
