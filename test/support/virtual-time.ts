// Time that passes when told to: everything that is due happens at its exact moment, and nobody waits.
import type { Timekeeper } from '../../src/load/timekeeper.ts';

export interface VirtualTime extends Timekeeper {
  /** Lets everything happen that is due until nothing is left, or `untilMs` has come. */
  run(untilMs?: number): void;
}

export function virtualTime(): VirtualTime {
  let nowMs = 0;
  const due: { readonly atMs: number; readonly call: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    callAt: ({ atMs, call }) => {
      const entry = { atMs, call };
      due.push(entry);
      return {
        cancel: () => {
          const index = due.indexOf(entry);
          if (index >= 0) due.splice(index, 1);
        },
      };
    },
    run: (untilMs = Number.POSITIVE_INFINITY) => {
      for (;;) {
        // The first of those at the earliest moment: what was asked for first happens first.
        const next = due.reduce<(typeof due)[number] | null>(
          (first, each) => (first === null || each.atMs < first.atMs ? each : first),
          null,
        );
        if (next === null || next.atMs > untilMs) break;
        due.splice(due.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.atMs);
        next.call();
      }
      if (Number.isFinite(untilMs)) nowMs = untilMs;
    },
  };
}
