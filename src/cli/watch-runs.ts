// Shows runs until they have ended. Ctrl-C detaches; another one while that is being said cancels them.
import { setTimeout as pause } from 'node:timers/promises';
import type { Runs } from '../temporal/runs.ts';
import { type FollowedRun, type FollowingRuns, RunFollower } from './follow-run.ts';
import { REDRAW_MS, liveDisplay } from './live-display.ts';
import type { Session } from './session.ts';
import { settleAll } from './settle-all.ts';

/** How watching ended. */
export type WatchEnd = 'ended' | 'ended-by-user' | 'detached';

/** How long the offer to cancel by another Ctrl-C stands. */
const SECOND_CTRL_C_WITHIN_MS = 4_000;

/** A cancelled run stops its processes within their grace time, then annotates. */
const LEAVE_WITHIN_MS = 30_000;

/**
 * Resolves with `ended` when every run has ended, `ended-by-user` when that was asked for here, and with `detached` when
 * the user has left them running.
 * @param input.attach the command that shows them again; null where nothing goes on without this process: then the
 *   first Ctrl-C, or SIGTERM, cancels, and the runs have `LEAVE_WITHIN_MS` to end
 */
export async function watchRuns(input: {
  readonly session: Session;
  readonly runs: FollowingRuns & Pick<Runs, 'cancelRun'>;
  readonly followed: readonly FollowedRun[];
  readonly attach: string | null;
  /** What is cancelled by a second Ctrl-C; default: each run. */
  readonly cancelIds?: readonly string[];
}): Promise<WatchEnd> {
  const { session, runs, followed, attach, cancelIds = followed.map(({ workflowId }) => workflowId) } = input;
  const followers = followed.map((run) => new RunFollower({ runs, run }));
  const display = liveDisplay(session.console);
  const leaving = new AbortController();
  const failing = new AbortController();
  let offer: NodeJS.Timeout | undefined;
  let cancelling = false;

  const cancel = (): void => {
    cancelling = true;
    display.say('cancelling; the verdict follows (Ctrl-C again leaves at once)');
    for (const workflowId of cancelIds) {
      runs
        .cancelRun({
          workflowId,
          reason: attach === null ? 'interrupted at the terminal' : 'Ctrl-C twice at the terminal',
        })
        .catch((thrown: unknown) => display.say(String(thrown)));
    }
  };
  const { stop } = session.interrupts.listen((interrupt) => {
    if (attach === null && !cancelling) {
      offer = setTimeout(() => leaving.abort(), LEAVE_WITHIN_MS);
      return cancel();
    }
    if (interrupt === 'SIGTERM' || cancelling) return leaving.abort();
    if (offer !== undefined) {
      clearTimeout(offer);
      return cancel();
    }
    display.say(
      `detaching: the run goes on. Attach again with: ${attach}\nCtrl-C once more within ${SECOND_CTRL_C_WITHIN_MS / 1000} s cancels it`,
    );
    offer = setTimeout(() => leaving.abort(), SECOND_CTRL_C_WITHIN_MS);
  });

  const drawing = new AbortController();
  const draw = async (): Promise<void> => {
    while (!drawing.signal.aborted) {
      display.show(followers.map((follower) => follower.view(Date.now())));
      await pause(REDRAW_MS, undefined, { signal: drawing.signal }).catch(() => undefined);
    }
  };
  const drawn = draw();
  try {
    await settleAll(
      followers.map(async (follower) => {
        try {
          await follower.untilEnded(AbortSignal.any([leaving.signal, failing.signal]));
        } catch (thrown) {
          // One that cannot be followed any more must not be kept back by others that run on.
          failing.abort(thrown);
          throw thrown;
        }
      }),
    );
    display.show(followers.map((follower) => follower.view(Date.now())));
    return cancelling ? 'ended-by-user' : 'ended';
  } catch (thrown) {
    if (leaving.signal.aborted) return 'detached';
    throw failing.signal.aborted ? failing.signal.reason : thrown;
  } finally {
    clearTimeout(offer);
    leaving.abort();
    stop();
    drawing.abort();
    await drawn;
    display.close();
  }
}
