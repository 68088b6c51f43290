// The recorder's answers as they arrive over the line: asked for again and again, each handed on once.
import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError } from '../../errors/errors.ts';
import type { ControlRecording, RecordedAnswer } from '../cluster.ts';
import { createClockRange } from './clock-range.ts';
import type { Recorder } from './recorder.ts';
import type { SpoolBatch } from './spool-batch.ts';

/** Pieces of about a second each; a line that is cut is asked for fewer. */
const MOST_PIECES = 60;
const WAIT_MS = 10_000;
const DEFAULT_PACE_MS = 3_000;
const LONGEST_BACKOFF_MS = 5_000;

/** @param input.paceMs least time between two calls while the recorder is at work; default 3 s */
export function controlRecording(input: {
  readonly recorder: Recorder;
  readonly secret: string | undefined;
  readonly paceMs?: number;
}): ControlRecording {
  const { recorder, secret, paceMs = DEFAULT_PACE_MS } = input;
  let acknowledged = 0;
  let finishing = false;
  const wake = new AbortController();

  async function rest({ ms, signal }: { readonly ms: number; readonly signal: AbortSignal }): Promise<void> {
    if (finishing || ms <= 0) return;
    try {
      await pause(ms, undefined, { signal: AbortSignal.any([signal, wake.signal]) });
    } catch {
      // Somebody cannot wait.
    }
  }

  async function* answers(asked: { readonly afterSequence: number; readonly signal: AbortSignal }) {
    const { signal } = asked;
    let after = asked.afterSequence;
    let most = MOST_PIECES;
    let pieces = most;
    let failures = 0;
    for (;;) {
      signal.throwIfAborted();
      const startedMs = performance.now();
      let batch: SpoolBatch;
      try {
        const place = { stream: 'control', afterSequence: after, acknowledged: Math.min(acknowledged, after) } as const;
        batch = await recorder.read({ ...place, maxPieces: pieces, waitMs: WAIT_MS, signal });
        if (batch.state === 'dead') await recorder.ensure({ secret, signal });
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof UnreachableError)) throw thrown;
        pieces = Math.max(1, Math.floor(pieces / 2));
        failures += 1;
        await pause(Math.min(250 * 2 ** failures, LONGEST_BACKOFF_MS), undefined, { signal }).catch(() => undefined);
        continue;
      }
      failures = 0;
      if (batch.tooManyPieces !== undefined) {
        // Large answers stay large: so many are not asked for again.
        pieces = most = Math.floor(batch.tooManyPieces / 2);
        continue;
      }
      pieces = Math.min(most, pieces * 2);
      if (batch.state === 'none') throw gone();
      if (batch.lastSequence < after) {
        // The spool was lost and made anew: its numbers begin again.
        [after, acknowledged] = [0, 0];
        continue;
      }
      for (const answer of batch.answers) {
        after = answer.sequence;
        yield answer;
      }
      if (batch.state === 'ended' && after >= batch.lastSequence) return;
      if (batch.lastSequence === after) await rest({ ms: paceMs - (performance.now() - startedMs), signal });
    }
  }

  return {
    answers: (asked): AsyncIterable<RecordedAnswer> => answers(asked),
    // Told with the next call.
    acknowledge: ({ sequence }) => {
      acknowledged = Math.max(acknowledged, sequence);
      return Promise.resolve();
    },
    async clockOffsetMs({ signal }) {
      const clock = createClockRange();
      const askedAtMs = Date.now();
      const place = { stream: 'control', afterSequence: 0, acknowledged: 0 } as const;
      const { nowMs } = await recorder.read({ ...place, maxPieces: 0, waitMs: 0, signal });
      clock.note({ thereMs: nowMs, askedAtMs, answeredAtMs: Date.now() });
      return clock.offsetMs();
    },
    async finish() {
      finishing = true;
      wake.abort();
      await recorder.finish({});
    },
  };
}

function gone(): UnreachableError {
  return new UnreachableError(
    "The stage recorder's spool is gone from the target",
    'Somebody has removed it; readings from then on are lost',
  );
}
