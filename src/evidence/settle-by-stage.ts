// The bytes that no connection explains, by stage: what stays unexplained to the end, where it arose.
import type { TotalsPoint } from './sample-series.ts';
import { type ClosedInterval, findInterval } from './find-interval.ts';
import { overlaps } from './gaps.ts';
import type { StageWindow } from './stage-windows.ts';

/** Unexplained bytes, by the name of a stage. */
export interface SettledBytes {
  /** Both readings lie in the stage, or touch it alone, no further apart than readings are, with nobody else there. */
  readonly own: ReadonlyMap<string, number>;
  /** Between readings that touch the stage and cannot be said to be its own; each is told for every stage it touches. */
  readonly contested: ReadonlyMap<string, number>;
}

/** What stayed unexplained to the end of a run, cut by its stages. `own` adds up to no more than the last point's. */
export function settleByStage(input: {
  readonly points: readonly TotalsPoint[];
  readonly windows: readonly StageWindow<ClosedInterval>[];
  /** Whether no other client was seen. */
  readonly alone: boolean;
  /** Readings further apart than this have a gap between them. */
  readonly gapMs: number;
}): SettledBytes {
  const { points, windows, alone, gapMs } = input;
  const own = new Map<string, number>();
  const contested = new Map<string, number>();
  const settled = settledBytes(points);
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    if (from === undefined) continue;
    const grownBytes = (settled[index] ?? 0) - (settled[index - 1] ?? 0);
    if (grownBytes === 0) continue;
    const between = { fromMs: from.atMs, toMs: to.atMs };
    const touched = new Set(
      windows
        .filter(({ interval: { fromMs }, toMs }) => overlaps(between, { fromMs, toMs }))
        .map((window) => window.stage),
    );
    const [only] = alone && touched.size === 1 && to.atMs - from.atMs <= gapMs ? touched : [];
    const stage = findInterval({ intervals: windows, ...between })?.stage ?? only;
    if (stage !== undefined) {
      own.set(stage, (own.get(stage) ?? 0) + grownBytes);
      continue;
    }
    for (const name of touched) contested.set(name, (contested.get(name) ?? 0) + grownBytes);
  }
  return { own, contested };
}

/**
 * For each point, the bytes up to there that were never explained; they only grow, and end at the last point's own.
 *
 * The unexplained part of a reading can shrink for two reasons. A later reading explains earlier bytes: those do not
 * count. Or the proxy wrote its totals down before its connections, and what moved between is in the connections alone;
 * the next totals have it, and nothing was explained that was not before. So a shrunken part counts only once another
 * reading confirms it: the bound is a point's total without what connections had explained by the point *before* it.
 */
function settledBytes(points: readonly TotalsPoint[]): readonly number[] {
  const bounds: number[] = [];
  let bound = points.at(-1)?.unexplainedBytes ?? 0;
  for (let index = points.length - 1; index >= 0; index--) {
    const { totalBytes } = points[index] as TotalsPoint;
    const before = points[index - 1];
    bound = Math.min(bound, totalBytes - (before === undefined ? 0 : before.totalBytes - before.unexplainedBytes));
    bounds[index] = bound;
  }
  let settled = 0;
  return points.map(({ unexplainedBytes }, index) => {
    settled = Math.max(settled, Math.min(unexplainedBytes, bounds[index] ?? 0));
    return settled;
  });
}
