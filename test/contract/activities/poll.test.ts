import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PollResult } from '../../../src/activities/contract.ts';
import { createPoll } from '../../../src/activities/poll.ts';
import { referenceOf } from '../../../src/plan/plan.ts';
import { type HostFixture, openHostFixture } from '../../support/host-fixture.ts';
import { quietActivityEnvironment } from '../../support/quiet-temporal.ts';

let fixture: HostFixture;
beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(async () => {
  await fixture.dispose();
});

describe('the poll activity', () => {
  it('tells every transition once, and the end of a stage together with the start of the next', async () => {
    const plan = fixture.plan({ scripts: { one: 'true', two: 'true', three: 'true' } });
    await fixture.cluster.apply({ plan, signal: AbortSignal.timeout(20_000) });
    const poll = createPoll({
      stateDir: fixture.stateDir,
      openCluster: () => fixture.cluster,
      createControlClient: () => {
        throw new Error('no proxy is asked');
      },
      readSecret: () => Promise.reject(new Error('no secret is asked for')),
      loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
    });
    const pages: PollResult[] = [];
    for (let cursor: string | null = null; ; ) {
      const input: { run: ReturnType<typeof referenceOf>; cursor: string | null } = { run: referenceOf(plan), cursor };
      const page: PollResult = await quietActivityEnvironment().run<[typeof input], PollResult, typeof poll>(
        poll,
        input,
      );
      pages.push(page);
      cursor = page.cursor;
      if (page.job !== 'running') break;
    }
    const told = pages.flatMap((page) => page.transitions.map(({ stage, phase }) => `${stage ?? 'job'} ${phase}`));
    expect(told).toEqual([
      'one started',
      'one finished',
      'two started',
      'two finished',
      'three started',
      'three finished',
      'job finished',
    ]);
    for (const page of pages.slice(0, -1)) expect(page.transitions.at(-1)?.phase).toBe('started');
  });
});
