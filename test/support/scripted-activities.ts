// Activities that follow a script instead of a target, for the cases a workflow must decide about.
import { CancelledFailure } from '@temporalio/common';
import type { Activities, PollResult, SamplingBaseline } from '../../src/activities/contract.ts';
import { withFailureTypes } from '../../src/activities/as-failure.ts';
import { heartbeating } from '../../src/activities/heartbeating.ts';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import type { SampleSeries } from '../../src/evidence/sample-series.ts';
import type { Plan, RunReference } from '../../src/plan/plan.ts';

/** What the scripted target does. */
export interface Script {
  /** Answer to `render`; runs started with a Plan never ask. */
  readonly plan?: Plan;
  /** What each `poll` of an attempt returns, in order; when they run out, the next poll waits for ever. */
  readonly pages: readonly (readonly PollResult[])[];
  readonly series: SampleSeries;
  /** What happened with nobody there to hear: told to whoever looks from the beginning again, then to the waiting poll. */
  readonly unheard?: PollResult;
  /** Whether the sampler fails where it should hand over. */
  readonly dyingSampler?: boolean;
  /** What the first reading tells beyond nothing. */
  readonly baseline?: Partial<SamplingBaseline>;
  /** Activities that hang until their cancel arrives, and then throw it. */
  readonly hanging?: readonly (keyof Activities)[];
  /** Thrown by the activity of that name, each time. */
  readonly failing?: Partial<Record<keyof Activities, Error>>;
}

export interface ScriptedActivities {
  readonly activities: Activities;
  /** Every call by name, in order; polls and heartbeats left out. */
  readonly calls: string[];
  /** What each clean-up was asked to remove: the Job with the readings, or these alone. */
  readonly cleaned: ('job' | 'readings')[];
  /** Each run that was to be sampled. */
  readonly sampled: RunReference[];
  /** What was written onto the Job. */
  readonly annotated: ResultDocument[];
  /** Resolves when a poll has run out of pages and waits. */
  readonly waiting: Promise<void>;
}

/** Makes the activities of a script. */
export function scriptedActivities(script: Script): ScriptedActivities {
  const calls: string[] = [];
  const cleaned: ('job' | 'readings')[] = [];
  const annotated: ResultDocument[] = [];
  const sampled: RunReference[] = [];
  const waiting = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  let attempt = 1;
  let polledFor = 0;
  const called = (name: keyof Activities): void => {
    calls.push(name);
    const failure = script.failing?.[name];
    if (failure !== undefined) throw failure;
  };
  const hangs = (name: keyof Activities): boolean => {
    if (script.hanging?.includes(name) !== true) return false;
    waiting.resolve();
    return true;
  };
  const untilCancelled = (): Promise<never> =>
    heartbeating({
      work: (signal) =>
        new Promise<never>((_resolve, reject) => {
          const cancel = (): void => reject(new CancelledFailure('cancelled'));
          if (signal.aborted) cancel();
          signal.addEventListener('abort', cancel, { once: true });
        }),
    });
  const activities: Activities = {
    render: async () => {
      called('render');
      if (script.plan === undefined) throw new Error('the script has no plan');
      return { plan: script.plan };
    },
    openSampling: async () => {
      called('openSampling');
      if (hangs('openSampling')) await untilCancelled();
      return { baseline: { atMs: 0, uploadBytes: 0, downloadBytes: 0, connections: {}, ...script.baseline } };
    },
    sample: async ({ run }) => {
      called('sample');
      sampled.push(run);
      await untilCancelled().catch(() => undefined);
      if (script.dyingSampler === true) throw new Error('its worker died');
      return script.series;
    },
    handOver: async () => {
      called('handOver');
      return script.series;
    },
    apply: async (input) => {
      called('apply');
      if (hangs('apply')) await untilCancelled();
      attempt = input.attempt;
      return { created: true };
    },
    poll: async ({ cursor }) => {
      const index = cursor === null ? 0 : Number(cursor);
      const page = script.pages[attempt - 1]?.[index];
      if (script.unheard !== undefined && polledFor === attempt && cursor === null) {
        heard.resolve();
        return script.unheard;
      }
      polledFor = attempt;
      if (page === undefined) {
        waiting.resolve();
        const { unheard } = script;
        if (unheard === undefined) return await untilCancelled();
        return await Promise.race([heard.promise.then(() => unheard), untilCancelled()]);
      }
      return { ...page, cursor: String(index + 1) };
    },
    stop: async () => called('stop'),
    collect: async ({ stage }) => {
      called('collect');
      return { logLines: [`the last line of ${stage}`] };
    },
    annotate: async ({ result }) => {
      called('annotate');
      annotated.push(result);
      return { bytes: 1 };
    },
    cleanUp: async ({ jobApplied = true }) => {
      called('cleanUp');
      cleaned.push(jobApplied ? 'job' : 'readings');
      return { leftOver: [] };
    },
    inspect: async ({ target }) => {
      called('inspect');
      return { target, node: target, job: null, logs: [], checks: [] };
    },
    planTransfer: async () => {
      called('planTransfer');
      if (script.plan === undefined) throw new Error('the script has no plan');
      return { plan: script.plan };
    },
    sampleTraffic: async ({ target, seconds }) => {
      called('sampleTraffic');
      return {
        target,
        seconds,
        windowBytes: 0,
        rateBytesPerSecond: 0,
        cumulativeBytes: 0,
        attributedBytes: 0,
        unattributedBytes: 0,
        clients: [],
        destinations: [],
      };
    },
  };
  return { activities: withFailureTypes(activities), calls, cleaned, sampled, annotated, waiting: waiting.promise };
}
