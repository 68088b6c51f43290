// What the proxy saw of a finished run, stage by stage, with everything that qualifies it said in words.
import type { ResultSummary, SummaryStage } from '../evidence/result-summary.ts';
import { rateOf } from '../evidence/rate-of.ts';
import { clientText, sharedText } from './client-text.ts';
import { renderImages } from './image-table.ts';
import { type Paint, paintState } from './paint.ts';
import { renderResultTables } from './result-tables.ts';
import { formatBytes, formatDuration, formatRate, formatShare } from '../quantities/quantities.ts';
import { type Column, renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

export interface EvidenceView {
  readonly summary: ResultSummary;
  readonly paint: Paint;
  /** Columns of the terminal; unbounded without it. */
  readonly width?: number | undefined;
}

/** The stage table, what the kind has measured, the totals, what was left out, and the verdict with its log lines. */
export function renderEvidence({ summary, paint, width }: EvidenceView): string {
  return [
    renderStages({ summary, paint, width }),
    ...summary.stages.flatMap(noteLines),
    ...(summary.images === undefined || summary.images.length === 0
      ? []
      : [
          '',
          ...renderImages({ images: summary.images, paint, width, hasProxyBytes: summary.sampled !== 'companions' }),
        ]),
    ...renderResultTables({ tables: summary.tables ?? [], paint, width }),
    '',
    ...totalsLines(summary).flatMap((text) => wrapText({ text, width })),
    ...summary.omittedStages.flatMap(({ name, reason }) => wrapText({ text: `left out: ${name} (${reason})`, width })),
    '',
    ...verdictLines({ summary, paint, width }),
  ].join('\n');
}

function renderStages({ summary, paint, width }: EvidenceView): string {
  if (summary.sampled === 'companions') return renderTimes({ summary, paint, width });
  // On a host every client is this machine, and a column of it would tell nothing.
  const hasClasses = summary.stages.some(({ topClient }) => topClient?.class !== undefined);
  const clientColumn: readonly Column[] = hasClasses ? [{ header: 'TOP CLIENT', expendable: 4 }] : [];
  return renderTable({
    columns: [
      { header: 'STAGE' },
      { header: 'STATE' },
      { header: 'DURATION', align: 'right', expendable: 3 },
      { header: 'WINDOW', align: 'right' },
      { header: 'ATTRIBUTED', align: 'right', expendable: 2 },
      { header: 'SHARE', align: 'right', expendable: 5 },
      { header: 'RATE', align: 'right' },
      { header: 'CUMULATIVE', align: 'right', expendable: 1 },
      ...clientColumn,
      { header: 'TOP DESTINATION' },
    ],
    width,
    rows: summary.stages.map((stage) => stageRow({ stage, paint, hasClasses })),
  });
}

/** Of a run that read nothing at the proxy: a column of its bytes would be zeros that nobody has measured. */
function renderTimes({ summary, paint, width }: EvidenceView): string {
  return renderTable({
    columns: [{ header: 'STAGE' }, { header: 'STATE' }, { header: 'DURATION', align: 'right' }],
    width,
    rows: summary.stages.map((stage) => [
      stage.name,
      shownState({ stage, paint }),
      formatDuration(stage.startedAtMs === null ? null : stage.durationMs),
    ]),
  });
}

function shownState({ stage, paint }: { readonly stage: SummaryStage; readonly paint: Paint }): string {
  // The run is over: what was running then was not let finish.
  return paintState({ state: stage.state === 'running' ? 'cut short' : stage.state, paint });
}

function stageRow(input: {
  readonly stage: SummaryStage;
  readonly paint: Paint;
  readonly hasClasses: boolean;
}): readonly string[] {
  const { stage, paint, hasClasses } = input;
  const windowBytes = stage.attributedBytes + stage.unattributedBytes;
  return [
    stage.name,
    shownState({ stage, paint }),
    formatDuration(stage.startedAtMs === null ? null : stage.durationMs),
    formatBytes(windowBytes),
    formatBytes(stage.attributedBytes),
    formatShare(windowBytes === 0 ? null : stage.attributedBytes / windowBytes),
    formatRate(rateOf({ bytes: windowBytes, durationMs: stage.durationMs })),
    formatBytes(stage.cumulativeBytes),
    ...(hasClasses ? [stage.topClient === null ? '-' : clientText(stage.topClient)] : []),
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

function totalsLines(summary: ResultSummary): readonly string[] {
  return summary.sampled === 'companions' ? companionLines(summary) : proxyLines(summary);
}

/** What qualifies the readings of a run that read its own companions. */
function companionLines(summary: ResultSummary): readonly string[] {
  const { companions = [], pullAttempts } = summary;
  const held = {
    none: 'without limits',
    enforced: 'within its limits',
    'not-enforced': 'limits not enforced',
    unknown: 'limits unknown',
  };
  const told = companions.map(({ name, limits }) => `${name} ${held[limits]}`);
  const attempts = pullAttempts > 1 ? [`images were pulled in ${pullAttempts} attempts`] : [];
  const lines = [...told, ...attempts];
  return [...(lines.length === 0 ? [] : [`beside the stages: ${lines.join(', ')}`]), coverageText(summary)];
}

function coverageText({ stages, totals, gapCount, largestGapMs }: ResultSummary): string {
  // Before the first stage there is nothing to cover, and a share of it would sound like evidence.
  const covered = stages.every(({ state }) => state === 'not-started')
    ? 'no stage began'
    : `sampling covered ${formatShare(totals.coverage)} of the run`;
  if (gapCount === 0) return `${covered}, no gaps`;
  return `${covered}, ${gapCount} ${gapCount === 1 ? 'gap' : 'gaps'}, the longest ${formatDuration(largestGapMs)}`;
}

function proxyLines(summary: ResultSummary): readonly string[] {
  const { totals, proxyRestarts, pullAttempts, topClient, clients = [], shared } = summary;
  const share = totals.totalBytes === 0 ? null : totals.attributedBytes / totals.totalBytes;
  return [
    `proxy total ${formatBytes(totals.totalBytes)} (up ${formatBytes(totals.uploadBytes)}, down ${formatBytes(totals.downloadBytes)})` +
      `, attributed to stages ${formatBytes(totals.attributedBytes)} (${formatShare(share)})` +
      `, outside stages ${formatBytes(totals.outsideBytes)}${earlierText(totals)}, unattributed ${formatBytes(totals.unattributedBytes)}`,
    coverageText(summary) +
      (proxyRestarts === 0 ? '' : `, the proxy restarted ${proxyRestarts} ${proxyRestarts === 1 ? 'time' : 'times'}`) +
      (pullAttempts > 1 ? `, images were pulled in ${pullAttempts} attempts` : '') +
      (topClient === null ? '' : `, top client ${clientText(topClient)}`),
    ...(shared === true ? [sharedText(clients)] : []),
  ];
}

function earlierText({ earlierAttemptsBytes: bytes }: ResultSummary['totals']): string {
  return bytes === undefined ? '' : ` (${formatBytes(bytes)} of it by earlier attempts)`;
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
