import { expect, test } from 'vitest';
import { followJob } from '../../../../src/cluster/trans/follow-job.ts';
import type { Recorder } from '../../../../src/cluster/trans/recorder.ts';
import type { Route } from '../../../../src/cluster/trans/route.ts';
import { referenceOf } from '../../../../src/plan/plan.ts';
import { buildPlan } from '../../../support/plan-builder.ts';

const RUNNING = JSON.stringify({
  job: { metadata: { uid: '1' } },
  pods: [{ metadata: { uid: '2', name: 'pod' }, status: { phase: 'Running' } }],
  events: [],
  node: null,
});

test('an API server that is silent for a minute is told, also where its silence has another reason each time', async () => {
  let sequence = 0;
  const recorder: Pick<Recorder, 'read'> = {
    // An outage every five seconds, in words that change.
    read: () => {
      sequence += 1;
      if (sequence > 100) throw new Error('nobody was told');
      const atMs = 5_000 * sequence;
      const outage = `timed out after ${5_000 + sequence} milliseconds`;
      const answers = [{ sequence, atMs, ...(sequence === 1 ? { body: RUNNING } : { body: null, outage }) }];
      return Promise.resolve({ state: 'recording', spool: '1', lastSequence: sequence, nowMs: atMs, answers });
    },
  };
  const route: Pick<Route, 'name'> = { name: 'far' };
  const follower = followJob({ route: route as Route, recorder: recorder as Recorder, run: referenceOf(buildPlan()) });
  const next = follower.next({ cursor: null, signal: new AbortController().signal });
  await expect(next).rejects.toMatchObject({ name: 'UnreachableError', message: expect.stringContaining('5015') });
});
