import { describe, expect, it } from 'vitest';
import type { FollowingRuns } from '../../../src/cli/follow-run.ts';
import type { Interrupt } from '../../../src/cli/interrupts.ts';
import { type WatchEnd, watchRuns } from '../../../src/cli/watch-runs.ts';
import { UnreachableError } from '../../../src/errors/errors.ts';
import type { RunSummary } from '../../../src/temporal/list-runs.ts';
import type { RunEnd, Runs } from '../../../src/temporal/runs.ts';
import { recordingConsole } from '../../support/recording-console.ts';

const OPEN: RunSummary = {
  workflowId: 'w1',
  run: 'r1',
  target: 'local',
  profile: 'host-deps',
  state: 'running',
  open: true,
  failureFamily: null,
  startedAtMs: 0,
  finishedAtMs: null,
  jobName: null,
};

const CANCELLED: RunEnd = { kind: 'cancelled', message: 'x' };

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

/** A run that ends when it is cancelled, watched by a user who presses keys. */
function watching(input: {
  readonly attach: string | null;
  readonly runs?: Partial<FollowingRuns>;
  readonly fleetWorkflowId?: string;
}) {
  const { console, notes } = recordingConsole();
  const ended = Promise.withResolvers<RunEnd>();
  const cancelled: { workflowId: string; reason: string }[] = [];
  let hear: (interrupt: Interrupt) => void = () => {
    throw new Error('nobody listens');
  };
  const runs: FollowingRuns & Pick<Runs, 'cancelRun'> = {
    find: async () => OPEN,
    endOf: ({ signal }) => Promise.race([ended.promise, untilAborted(signal)]),
    liveTotals: async () => null,
    statusOf: async () => Promise.reject(new UnreachableError('no worker answers', 'Start one')),
    cancelRun: async (request) => {
      cancelled.push(request);
      ended.resolve(CANCELLED);
      return true;
    },
    ...input.runs,
  };
  const how: Promise<WatchEnd> = watchRuns({
    session: {
      console,
      interrupts: {
        listen: (listener) => {
          hear = listener;
          return { stop: () => undefined };
        },
      },
      exitCode: 0,
    },
    runs,
    followed: [
      {
        target: 'local',
        workflowId: 'w1',
        ...(input.fleetWorkflowId === undefined ? {} : { fleetWorkflowId: input.fleetWorkflowId }),
      },
    ],
    attach: input.attach,
  });
  return {
    how,
    notes,
    cancelled,
    end: () => ended.resolve(CANCELLED),
    press: (interrupt: Interrupt = 'SIGINT') => hear(interrupt),
  };
}

describe('watching a run', () => {
  it('ends with the run', async () => {
    const { how, end, cancelled } = watching({ attach: 'status --watch' });
    end();
    expect(await how).toBe('ended');
    expect(cancelled).toEqual([]);
  });

  it('tells how to attach again at the first Ctrl-C, and cancels at the second', async () => {
    const { how, press, notes, cancelled } = watching({ attach: 'proxybench status --run r1 --watch' });
    press();
    expect(notes.at(-1)).toContain('Attach again with: proxybench status --run r1 --watch');
    expect(cancelled).toEqual([]);
    press();
    expect(await how).toBe('ended-by-user');
    expect(cancelled).toEqual([{ workflowId: 'w1', reason: 'Ctrl-C twice at the terminal' }]);
  });

  it('leaves at once at SIGTERM, and the run goes on', async () => {
    const { how, press, cancelled, notes } = watching({ attach: 'status --watch' });
    press('SIGTERM');
    expect(await how).toBe('detached');
    expect(cancelled).toEqual([]);
    expect(notes.join('\n')).not.toContain('Ctrl-C');
  });

  it('cancels at the first interrupt where nothing would go on without it', async () => {
    const { how, press, cancelled } = watching({ attach: null });
    press('SIGTERM');
    expect(await how).toBe('ended-by-user');
    expect(cancelled).toHaveLength(1);
  });

  it('leaves at the next Ctrl-C when a cancelled run does not end', async () => {
    const { how, press } = watching({ attach: null, runs: { endOf: ({ signal }) => untilAborted(signal) } });
    press();
    press();
    expect(await how).toBe('detached');
  });

  it('ends with a run that its fleet has ended without starting', async () => {
    const { how } = watching({
      attach: 'x',
      fleetWorkflowId: 'f1',
      runs: { find: async (id) => (id === 'f1' ? { ...OPEN, open: false } : null) },
    });
    expect(await how).toBe('ended');
  });

  it('says why nothing can be told while no worker answers', async () => {
    const told = Promise.withResolvers<void>();
    const { how, end, notes } = watching({
      attach: 'x',
      runs: {
        statusOf: () => {
          told.resolve();
          return Promise.reject(new UnreachableError('no worker answers', 'Start one'));
        },
      },
    });
    await told.promise;
    end();
    await how;
    expect(notes).toEqual(['local: no worker answers; the run goes on when it is back']);
  });

  it('passes on what it cannot wait out', async () => {
    const { how } = watching({ attach: 'x', runs: { endOf: () => Promise.reject(new TypeError('odd')) } });
    await expect(how).rejects.toThrow('odd');
  });
});
