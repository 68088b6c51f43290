// What the proxy saw of a finished run, stage by stage, with everything that qualifies it said in words.
import type { ResultSummary, SummaryStage } from '../evidence/result-summary.ts';
import { rateOf } from '../evidence/rate-of.ts';
import { type Paint, paintState } from './paint.ts';
import { formatBytes, formatDuration, formatRate, formatShare } from '../quantities/quantities.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

export interface EvidenceView {
  readonly summary: ResultSummary;
  readonly paint: Paint;
  /** Columns of the terminal; unbounded without it. */
  readonly width?: number | undefined;
}

/** The stage table, the totals, what was left out, and the verdict with its log lines. */
export function renderEvidence({ summary, paint, width }: EvidenceView): string {
  return [
    renderStages({ summary, paint, width }),
    ...summary.stages.flatMap(noteLines),
    '',
    ...totalsLines(summary).flatMap((text) => wrapText({ text, width })),
    ...summary.omittedStages.flatMap(({ name, reason }) => wrapText({ text: `left out: ${name} (${reason})`, width })),
    '',
    ...verdictLines({ summary, paint, width }),
  ].join('\n');
}

function renderStages({ summary, paint, width }: EvidenceView): string {
  return renderTable({
    columns: [
      { header: 'STAGE' },
      { header: 'STATE' },
      { header: 'DURATION', align: 'right', expendable: 3 },
      { header: 'WINDOW', align: 'right' },
      { header: 'ATTRIBUTED', align: 'right', expendable: 2 },
      { header: 'SHARE', align: 'right' },
      { header: 'RATE', align: 'right' },
      { header: 'CUMULATIVE', align: 'right', expendable: 1 },
      { header: 'TOP DESTINATION' },
    ],
    width,
    rows: summary.stages.map((stage) => stageRow({ stage, paint })),
  });
}

function stageRow({ stage, paint }: { readonly stage: SummaryStage; readonly paint: Paint }): readonly string[] {
  const windowBytes = stage.attributedBytes + stage.unattributedBytes;
  return [
    stage.name,
    // The run is over: what was running then was not let finish.
    paintState({ state: stage.state === 'running' ? 'cut short' : stage.state, paint }),
    formatDuration(stage.startedAtMs === null ? null : stage.durationMs),
    formatBytes(windowBytes),
    formatBytes(stage.attributedBytes),
    formatShare(windowBytes === 0 ? null : stage.attributedBytes / windowBytes),
    formatRate(rateOf({ bytes: windowBytes, durationMs: stage.durationMs })),
    formatBytes(stage.cumulativeBytes),
    stage.topDestination?.name ?? '-',
  ];
}

/** In lines of their own: beside the numbers they would make the table wider than most terminals. */
function noteLines({ name, reason, note, gap }: SummaryStage): readonly string[] {
  const notes = [reason, note, gap ? 'a sampling gap overlaps this stage' : undefined].filter(
    (each) => each !== undefined,
  );
  return notes.length === 0 ? [] : [`  ${name}: ${notes.join('; ')}`];
}

function totalsLines({
  stages,
  totals,
  gapCount,
  largestGapMs,
  proxyRestarts,
  pullAttempts,
  topClient,
}: ResultSummary): readonly string[] {
  const share = totals.totalBytes === 0 ? null : totals.attributedBytes / totals.totalBytes;
  return [
    `proxy total ${formatBytes(totals.totalBytes)} (up ${formatBytes(totals.uploadBytes)}, down ${formatBytes(totals.downloadBytes)})` +
      `, attributed to stages ${formatBytes(totals.attributedBytes)} (${formatShare(share)})` +
      `, outside stages ${formatBytes(totals.outsideBytes)}, unattributed ${formatBytes(totals.unattributedBytes)}`,
    // Before the first stage there is nothing to cover, and a share of it would sound like evidence.
    (stages.every(({ state }) => state === 'not-started')
      ? 'no stage began'
      : `sampling covered ${formatShare(totals.coverage)} of the run`) +
      (gapCount === 0
        ? ', no gaps'
        : `, ${gapCount} ${gapCount === 1 ? 'gap' : 'gaps'}, the longest ${formatDuration(largestGapMs)}`) +
      (proxyRestarts === 0 ? '' : `, the proxy restarted ${proxyRestarts} ${proxyRestarts === 1 ? 'time' : 'times'}`) +
      (pullAttempts > 1 ? `, images were pulled in ${pullAttempts} attempts` : '') +
      (topClient === null ? '' : `, top client ${topClient.name}`),
  ];
}

function verdictLines({ summary, paint, width }: EvidenceView): readonly string[] {
  const { outcome, failureFamily, reason, stage, logLines } = summary;
  const family = failureFamily === 'none' || failureFamily === outcome ? '' : ` [${failureFamily}]`;
  return [
    ...wrapText({ text: `${paintState({ state: outcome, paint })}${family}: ${reason}`, width }),
    ...(logLines.length === 0
      ? []
      : [`last useful lines of ${stage ?? 'the log'}:`, ...logLines.map((line) => paint.faint(`  | ${line}`))]),
  ];
}
