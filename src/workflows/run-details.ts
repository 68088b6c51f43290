// A run as Temporal's web UI shows it: one line, a table of stages, and in the end the verdict.
import type { StageEvidence } from '../evidence/evidence.ts';
import { type ResultTable, resultCells } from '../evidence/result-table.ts';
import { formatBytes, formatDuration, formatRate, formatShare, formatTime } from '../quantities/quantities.ts';
import { markdownTable, plainText, withinDetails } from './markdown-table.ts';
import type { RunStatus, StageStatus } from './messages.ts';

/** More stages than this are counted instead of shown; the web UI's details are bounded. */
const MAX_STAGES = 40;

/** Compact Markdown, below 20 KB whatever the status holds; the same text for the same status. */
export function runDetails(status: RunStatus): string {
  return withinDetails([
    headline(status),
    ...verdictParagraphs(status),
    ...(status.stages.length === 0 ? [] : [stageTable(status)]),
    ...(status.verdict?.tables ?? []).map(resultTable),
    ...omittedParagraph(status),
  ]);
}

function headline(status: RunStatus): string {
  const text = (value: string): string => plainText({ text: value, maxLength: 80 });
  const facts = [
    `**${status.state}**`,
    `${text(status.profile)} on ${text(status.target)}${status.node === null ? '' : ` (node ${text(status.node)})`}`,
    `run ${text(status.runId)}`,
    ...(status.jobName === null ? [] : [`Job ${text(status.jobName)}`]),
    `started ${formatTime(status.startedAtMs)}`,
    ...(status.finishedAtMs === null && status.deadlineAtMs !== null
      ? [`deadline ${formatTime(status.deadlineAtMs)}`]
      : []),
    ...(status.finishedAtMs === null ? [] : [`took ${formatDuration(status.finishedAtMs - status.startedAtMs)}`]),
    ...(status.pullAttempts > 1 ? [`image pull attempt ${status.pullAttempts}`] : []),
  ];
  return facts.join(' · ');
}

function verdictParagraphs({ verdict, evidence, cancelReason }: RunStatus): readonly string[] {
  const text = (value: string, maxLength: number): string => plainText({ text: value, maxLength });
  return [
    ...(cancelReason === null ? [] : [`Cancel asked for: ${text(cancelReason, 300)}`]),
    ...(verdict === null ? [] : [`${text(verdict.reason, 600)} (failure family: ${text(verdict.failureFamily, 40)})`]),
    ...(evidence === null || evidence.sampled === 'companions'
      ? []
      : [
          `Proxy total ${formatBytes(evidence.totalBytes)}, attributed ${formatShare(evidence.attributedShare)}, ` +
            `unattributed ${formatBytes(evidence.unattributedBytes)}, coverage ${formatShare(evidence.coverage)}` +
            (evidence.shared === true ? ', shared with other clients' : ''),
        ]),
  ];
}

function stageTable({ stages, evidence }: RunStatus): string {
  // Of a run that read nothing at the proxy no bytes are known.
  const told = evidence?.sampled === 'companions' ? [] : (evidence?.stages ?? []);
  const seen = new Map(told.map((stage) => [stage.stage, stage]));
  const table = markdownTable({
    columns: ['stage', 'state', 'started', 'duration', 'window', 'rate', 'top destination', 'note'],
    rows: stages.slice(0, MAX_STAGES).map((stage) => stageRow({ stage, seen: seen.get(stage.name) })),
  });
  const more = stages.length - MAX_STAGES;
  return more > 0 ? `${table}\n\n${more} more stages` : table;
}

function stageRow({
  stage,
  seen,
}: {
  readonly stage: StageStatus;
  readonly seen: StageEvidence | undefined;
}): readonly string[] {
  const { startedAtMs, finishedAtMs } = stage;
  return [
    stage.name,
    stage.state,
    formatTime(startedAtMs),
    formatDuration(startedAtMs === null || finishedAtMs === null ? null : finishedAtMs - startedAtMs),
    formatBytes(seen?.windowBytes ?? null),
    formatRate(seen?.rateBytesPerSecond ?? null),
    seen?.topDestination?.name ?? '-',
    [stage.reason, stage.note].filter((part) => part !== undefined).join('; '),
  ];
}

function resultTable({ title, columns, rows }: ResultTable): string {
  const table = markdownTable({
    columns: columns.map(({ name }) => name),
    rows: rows.slice(0, MAX_STAGES).map((row) => resultCells({ columns, row })),
  });
  return `${plainText({ text: title, maxLength: 80 })}\n\n${table}`;
}

function omittedParagraph({ omittedStages }: RunStatus): readonly string[] {
  if (omittedStages.length === 0) return [];
  const rows = omittedStages.slice(0, MAX_STAGES).map(({ name, reason }) => [name, reason]);
  return [markdownTable({ columns: ['left out', 'why'], rows, maxCellLength: 200 })];
}
