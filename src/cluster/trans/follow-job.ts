// A Job's transitions as the recorder has seen them, so that neither a broken line nor a deleted Pod loses one.
import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError } from '../../errors/errors.ts';
import type { RunReference } from '../../plan/plan.ts';
import type { TransitionPage } from '../cluster.ts';
import { historyOf } from '../kubernetes/job-history.ts';
import { pageAfter } from '../kubernetes/transition-page.ts';
import { lookOnce } from './look-once.ts';
import { type Look, type Merged, NOTHING_SEEN, mergeLook } from './merge-observations.ts';
import type { Recorder } from './recorder.ts';
import type { Route } from './route.ts';
import type { SpoolBatch } from './spool-batch.ts';

/** Short enough that a grace time that runs out is noticed without news. */
const WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 1_000;
const MOST_PIECES = 100;
/** How long the recorder may be without an answer of the API server before that is told as a failure. */
const SILENT_MS = 60_000;

export interface JobFollower {
  /** See `Cluster.nextTransitions`. */
  next(input: { readonly cursor: string | null; readonly signal: AbortSignal }): Promise<TransitionPage>;
}

/** Remembers what it has read of the run, so that each call fetches news alone. */
export function followJob(input: {
  readonly route: Route;
  readonly recorder: Recorder;
  readonly run: RunReference;
}): JobFollower {
  const { route, recorder, run } = input;
  let spool = '';
  let after = 0;
  let merged: Merged = NOTHING_SEEN;
  let maxPieces = MOST_PIECES;
  let silence: { readonly reason: string; readonly sinceMs: number } | null = null;

  function take(batch: SpoolBatch): void {
    if (batch.spool !== spool) [spool, after, merged, silence] = [batch.spool, 0, NOTHING_SEEN, null];
    for (const { sequence, atMs, body, outage } of batch.answers) {
      if (sequence <= after) continue;
      after = sequence;
      if (body === null) silence = { reason: outage ?? '', sinceMs: silence?.sinceMs ?? atMs };
      else [merged, silence] = [mergeLook({ merged, look: JSON.parse(body) as Look }), null];
    }
  }

  function pageOf(seen: Merged, nowMs: number, cursor: string | null): TransitionPage {
    const { nodeAddresses } = run.target;
    const added = nodeAddresses === undefined ? {} : { nodeAddresses };
    return pageAfter({ history: historyOf({ ...seen, nowMs, ...added }), cursor });
  }

  return {
    async next({ cursor, signal }) {
      let waitMs = 0;
      for (;;) {
        signal.throwIfAborted();
        const asked = { stream: 'job', afterSequence: after, acknowledged: 0, maxPieces } as const;
        const batch = await recorder.read({ ...asked, waitMs, tries: 3, signal });
        if (batch.tooManyPieces !== undefined) {
          maxPieces = Math.floor(batch.tooManyPieces / 2);
          continue;
        }
        const wasAnother = batch.state !== 'none' && batch.spool !== spool && after > 0;
        take(batch);
        if (wasAnother || (batch.answers.length > 0 && after < batch.lastSequence)) continue;
        const isFollowed = batch.state === 'recording' || batch.state === 'starting';
        if (isFollowed) {
          if (silence !== null && batch.nowMs - silence.sinceMs > SILENT_MS) throw silent(route, silence.reason);
          const page = pageOf(merged, batch.nowMs, cursor);
          if (page.job === 'running') {
            if (page.transitions.length > 0) return page;
            waitMs = WAIT_MS;
            continue;
          }
        }
        // The recorder may tell of a Job that was replaced, or not made yet: an end is believed when it is still there.
        const { look, nowMs } = await lookOnce({ route, run, signal });
        const seen = mergeLook({ merged, look });
        if (!isFollowed) merged = seen;
        const page = pageOf(seen, nowMs, cursor);
        if (page.transitions.length > 0 || page.job !== 'running') return page;
        waitMs = isFollowed ? WAIT_MS : 0;
        if (!isFollowed) await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

function silent(route: Route, reason: string): UnreachableError {
  return new UnreachableError(
    `The Job cannot be followed on ${route.name}: ${reason}`,
    `Try \`trans ${route.name} sh -- kubectl get jobs\` where the worker runs`,
  );
}
