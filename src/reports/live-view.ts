// A run on its way, as a few lines that are drawn again and again.
import type { LiveTotals } from '../temporal/live-totals.ts';
import type { RunStatus, StageStatus } from '../workflows/messages.ts';
import { type Paint, paintState } from './paint.ts';
import { formatBytes, formatDuration, formatRate } from '../quantities/quantities.ts';

export interface LiveView {
  readonly target: string;
  /** Whether its workflow exists; until then it waits for its turn in a fleet. */
  readonly begun: boolean;
  /** Null until the run's workflow has said anything. */
  readonly status: RunStatus | null;
  readonly totals: LiveTotals | null;
  /** Over the last few seconds; null while there are too few readings. */
  readonly rateBytesPerSecond: number | null;
  /** What a reader must know about what is shown: `no worker answers`. */
  readonly note: string | null;
  readonly nowMs: number;
}

const SIGNS: Readonly<Record<StageStatus['state'], string>> = {
  passed: '✓',
  failed: '✗',
  running: '▸',
  'not-started': '·',
};

/** The lines of one run. */
export function renderLiveView({ view, paint }: { readonly view: LiveView; readonly paint: Paint }): readonly string[] {
  const { status, totals, note, nowMs } = view;
  if (status === null) {
    return [
      `${paint.strong(view.target)} ${paint.faint(view.begun ? 'has begun; waiting for a worker to tell more' : 'waiting for its turn')}`,
      ...noteLines({ note, paint }),
    ];
  }
  return [
    headline({ status, nowMs, paint }),
    ...status.stages.map((stage) => stageLine({ stage, endedAtMs: status.finishedAtMs, nowMs, paint })),
    ...status.omittedStages.map(({ name, reason }) => paint.faint(`  - ${name} left out: ${reason}`)),
    `  ${trafficText({ totals, rateBytesPerSecond: view.rateBytesPerSecond, sampled: status.sampled })}`,
    ...noteLines({ note, paint }),
  ];
}

/** What the proxy has seen so far, in words. */
export function trafficText(
  input: Pick<LiveView, 'totals' | 'rateBytesPerSecond'> & { readonly sampled: RunStatus['sampled'] | undefined },
): string {
  const { totals, rateBytesPerSecond, sampled } = input;
  if (sampled === 'companions') return 'reading the programs beside the stages';
  if (totals === null) return 'at the proxy: nothing read yet';
  return `at the proxy: ${formatBytes(totals.totalBytes)}${rateBytesPerSecond === null ? '' : `, ${formatRate(rateBytesPerSecond)}`}`;
}

/** `go-download passed, 12.3 s`, for a line of its own. */
export function stageText({ stage, nowMs }: { readonly stage: StageStatus; readonly nowMs: number }): string {
  const { name, state, startedAtMs, finishedAtMs, reason } = stage;
  const spent = startedAtMs === null ? '' : `, ${formatDuration((finishedAtMs ?? nowMs) - startedAtMs)}`;
  return `${name} ${state}${spent}${reason === undefined ? '' : `, ${reason}`}`;
}

function headline({
  status,
  nowMs,
  paint,
}: {
  readonly status: RunStatus;
  readonly nowMs: number;
  readonly paint: Paint;
}): string {
  const spentMs = (status.finishedAtMs ?? nowMs) - status.startedAtMs;
  const ofMs =
    status.deadlineAtMs === null ? '' : ` of at most ${formatDuration(status.deadlineAtMs - status.startedAtMs)}`;
  const attempt = status.pullAttempts > 1 ? `, image pull attempt ${status.pullAttempts}` : '';
  const cancelling =
    status.cancelReason !== null && status.finishedAtMs === null ? `, cancelling: ${status.cancelReason}` : '';
  const state = paintState({ state: status.state, paint });
  return `${paint.strong(status.target)} ${state} ${formatDuration(spentMs)}${ofMs} ${paint.faint(`${status.profile}, run ${status.runId}${attempt}${cancelling}`)}`;
}

function stageLine(input: {
  readonly stage: StageStatus;
  /** When the run ended: a stage that ran then was not let finish. */
  readonly endedAtMs: number | null;
  readonly nowMs: number;
  readonly paint: Paint;
}): string {
  const { stage, endedAtMs, nowMs, paint } = input;
  const { name, startedAtMs, finishedAtMs, reason, note } = stage;
  const isCutShort = stage.state === 'running' && endedAtMs !== null;
  const state = isCutShort ? 'failed' : stage.state;
  const sign = { passed: paint.good, failed: paint.bad, running: paint.waiting, 'not-started': paint.faint }[state](
    SIGNS[state],
  );
  const spent = startedAtMs === null ? '' : formatDuration((finishedAtMs ?? endedAtMs ?? nowMs) - startedAtMs);
  const remarks = [isCutShort ? 'cut short' : undefined, reason, note]
    .filter((remark) => remark !== undefined)
    .join('; ');
  return `  ${sign} ${name.padEnd(14)} ${spent.padStart(12)}${remarks === '' ? '' : `  ${paint.faint(remarks)}`}`.trimEnd();
}

function noteLines({ note, paint }: { readonly note: string | null; readonly paint: Paint }): readonly string[] {
  return note === null ? [] : [`  ${paint.waiting(note)}`];
}
