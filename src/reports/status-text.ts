// `status` for people: the live view of what runs, the evidence of what has ended, and the final rows.
import { renderEvidence } from './evidence-table.ts';
import { renderLiveView } from './live-view.ts';
import { type Paint, paintState } from './paint.ts';
import { renderResultRows } from './result-rows.ts';
import type { RunReport } from './run-report.ts';
import { renderTraffic } from './traffic-text.ts';

/** Every report, an empty line between two; the final rows of those that have ended at the end. */
export function renderStatus(input: {
  readonly reports: readonly RunReport[];
  readonly nowMs: number;
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { reports, nowMs, paint, width } = input;
  const rows = reports.flatMap(({ row }) => (row === null ? [] : [row]));
  return [
    ...reports.map((report) => renderReport({ report, nowMs, paint, width })),
    ...(rows.length === 0 ? [] : [renderResultRows({ rows, paint, width })]),
  ].join('\n\n');
}

function renderReport(input: {
  readonly report: RunReport;
  readonly nowMs: number;
  readonly paint: Paint;
  readonly width: number | undefined;
}): string {
  const { report, nowMs, paint, width } = input;
  const { target, run, status, totals, summary, error, note, traffic } = report;
  const lines =
    status !== null && summary === null
      ? renderLiveView({
          view: { target, begun: true, status, totals, rateBytesPerSecond: null, note: null, nowMs },
          paint,
        })
      : [
          `${paint.strong(target)} ${paintState({ state: report.state, paint })} ${paint.faint(`run ${run ?? summary?.runId ?? 'unknown'}, read from ${report.source}`)}`,
          ...(summary === null ? [] : [renderEvidence({ summary, paint, width })]),
        ];
  return [
    ...lines,
    ...(error === null ? [] : [paint.bad(error.message)]),
    ...(note === null ? [] : [paint.waiting(note)]),
    ...(traffic === null ? [] : ['', renderTraffic({ sample: traffic, paint, width })]),
  ].join('\n');
}
