// What every Cluster promises, as tests: the host, kubeconfig and trans ways are held to this same file.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { InvalidInputError } from '../../src/errors/errors.ts';
import type { Transition } from '../../src/evidence/transition.ts';
import type { Plan, Stage } from '../../src/plan/plan.ts';

/** What a kind of cluster brings along to be held to the contract. */
export interface ClusterFixture {
  readonly cluster: Cluster;
  /** A second client of the same target, as another worker would have it. */
  readonly again: Cluster;
  /** Steps of the clock that stamps a Job's making, milliseconds; 1 when left out. */
  readonly clockResolutionMs?: number;
  /** A plan for this target whose stages run the given shell scripts, by stage name. */
  plan(input: {
    readonly scripts: Readonly<Record<string, string>>;
    readonly stage?: Partial<Stage>;
    readonly plan?: Partial<Plan>;
  }): Plan;
  /** What of the run still runs on the target, seen without the cluster's help: process ids, Pods. */
  running(plan: Plan): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

const READY_WITHIN = { timeout: 60_000, interval: 25 };
const never = new AbortController().signal;

/** `open` is called anew for each test. */
export function describeClusterContract(input: {
  readonly kind: string;
  readonly open: () => Promise<ClusterFixture>;
  /** Of each test; default 60,000. */
  readonly timeoutMs?: number;
}): void {
  describe(`a ${input.kind} cluster`, { timeout: input.timeoutMs ?? 60_000 }, () => {
    let fixture: ClusterFixture;
    let cluster: Cluster;

    beforeEach(async () => {
      fixture = await input.open();
      cluster = fixture.cluster;
    });
    afterEach(async () => {
      await fixture.dispose();
    });

    test('a Job goes through its stages in order and ends with its own last word', async () => {
      const plan = fixture.plan({ scripts: { one: 'echo first', two: 'echo second' } });
      const resolutionMs = fixture.clockResolutionMs ?? 1;
      const startedAtMs = Math.floor(Date.now() / resolutionMs) * resolutionMs;
      expect(await cluster.apply({ plan, signal: never })).toEqual({ created: true });
      const { transitions, job } = await readToEnd({ cluster, plan });
      expect(job).toBe('succeeded');
      expect(ofStages(transitions).map(({ stage, phase }) => [stage, phase])).toEqual([
        ['one', 'started'],
        ['one', 'finished'],
        ['two', 'started'],
        ['two', 'finished'],
        [null, 'finished'],
      ]);
      const times = transitions.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(await cluster.readJob(nameOf(plan))).toEqual({
        jobName: plan.jobName,
        runId: plan.runId,
        stages: ['one', 'two'],
        labels: expect.objectContaining(plan.labels),
        annotations: {},
        state: 'succeeded',
        createdAtMs: expect.toSatisfy((atMs: number) => atMs >= startedAtMs && atMs <= (times[0] ?? 0)),
        finishedAtMs: times.at(-1),
      });
    });

    test('applying again finds the Job, running or done, and starts nothing', async () => {
      const plan = fixture.plan({ scripts: { only: 'echo ran' } });
      await cluster.apply({ plan, signal: never });
      expect(await fixture.again.apply({ plan, signal: never })).toEqual({ created: false });
      await readToEnd({ cluster, plan });
      expect(await cluster.apply({ plan, signal: never })).toEqual({ created: false });
      expect(ofStages((await readToEnd({ cluster, plan })).transitions)).toHaveLength(3);
      expect((await cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 1_000 })).text).toBe('ran\n');
    });

    test("a Job that an earlier run left under the same name is refused, and not taken for the new run's", async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      await cluster.apply({ plan, owner: 'first', signal: never });
      expect(await cluster.apply({ plan, owner: 'first', signal: never })).toEqual({ created: false });
      await readToEnd({ cluster, plan });
      const again = cluster.apply({ plan, owner: 'second', signal: never });
      await expect(again).rejects.toThrow(/another owner.*new run id/);
    });

    test('of many who apply at once one has made the Job, and it runs once', async () => {
      const plan = fixture.plan({ scripts: { only: 'echo ran' } });
      const clients = [cluster, fixture.again, cluster, fixture.again, cluster];
      const answers = await Promise.all(clients.map((client) => client.apply({ plan, signal: never })));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(ofStages((await readToEnd({ cluster, plan })).transitions)).toHaveLength(3);
      expect((await cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 1_000 })).text).toBe('ran\n');
    });

    test('a different Job under the same name is refused', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      await cluster.apply({ plan, signal: never });
      const other = { ...plan, runId: 'another-run', specHash: 'b'.repeat(64) };
      await expect(cluster.apply({ plan: other, signal: never })).rejects.toMatchObject({ name: 'InvalidInputError' });
    });

    test('asking from any cursor repeats nothing and skips nothing', async () => {
      const plan = fixture.plan({ scripts: { one: 'true', two: 'true', three: 'true' } });
      await cluster.apply({ plan, signal: never });
      const { transitions, cursors } = await readToEnd({ cluster, plan });
      expect(ofStages(transitions)).toHaveLength(7);
      for (const { cursor, seen } of cursors) {
        const rest = await readToEnd({ cluster: fixture.again, plan, cursor });
        expect(rest.transitions).toEqual(transitions.slice(seen));
        expect(rest.job).toBe('succeeded');
      }
    });

    test('a failed stage fails the Job and keeps later stages from starting', async () => {
      const plan = fixture.plan({ scripts: { one: 'true', two: 'echo why >&2; exit 7', three: 'true' } });
      await cluster.apply({ plan, signal: never });
      const { transitions, job } = await readToEnd({ cluster, plan });
      expect(job).toBe('failed');
      expect(transitions.filter(({ stage }) => stage === 'three')).toEqual([]);
      expect(transitions.filter(({ phase }) => phase === 'failed')).toEqual([
        expect.objectContaining({ stage: 'two', exitCode: 7, reason: expect.stringMatching(/\S/) }),
        expect.objectContaining({ stage: null }),
      ]);
      expect((await cluster.readLog({ ...nameOf(plan), stage: 'two', maxBytes: 1_000 })).text).toBe('why\n');
    });

    test('a wait for transitions ends when it is aborted', async () => {
      const plan = fixture.plan({ scripts: { only: 'sleep 300' } });
      await cluster.apply({ plan, signal: never });
      const { cursor } = await cluster.nextTransitions({ plan, cursor: null, signal: never });
      const abort = new AbortController();
      const waiting = cluster.nextTransitions({ plan, cursor, signal: abort.signal });
      abort.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      await expect(cluster.nextTransitions({ plan, cursor: null, signal: abort.signal })).rejects.toThrow('enough');
    });

    test('a stage finds its own variables and files, and nothing else in its working directory', async () => {
      const plan = fixture.plan({
        scripts: { only: 'echo "$GREETING"; cat deep/note.txt; find . -type f' },
        stage: { env: [{ name: 'GREETING', value: 'hello  "there"' }], files: { 'deep/note.txt': 'a note\n' } },
      });
      await cluster.apply({ plan, signal: never });
      await readToEnd({ cluster, plan });
      const { text } = await cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 1_000 });
      expect(text).toBe('hello  "there"\na note\n./deep/note.txt\n');
    });

    test('a log is given from its end, within bounds and never in the middle of a character', async () => {
      const plan = fixture.plan({
        scripts: { chatty: 'i=0; while [ $i -lt 500 ]; do echo "line $i äöü€"; i=$((i+1)); done', silent: 'true' },
      });
      await cluster.apply({ plan, signal: never });
      await readToEnd({ cluster, plan });
      const whole = Array.from({ length: 500 }, (_, line) => `line ${line} äöü€\n`).join('');
      for (const maxBytes of [0, 1, 2, 3, 4, 5, 100, 101, 102, 103]) {
        const { text, truncated } = await cluster.readLog({ ...nameOf(plan), stage: 'chatty', maxBytes });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
        expect(Buffer.byteLength(text)).toBeGreaterThan(maxBytes - 3);
        expect(whole.endsWith(text)).toBe(true);
        expect(truncated).toBe(true);
      }
      expect(await cluster.readLog({ ...nameOf(plan), stage: 'chatty', maxBytes: 100_000 })).toEqual({
        text: whole,
        truncated: false,
      });
      expect(await cluster.readLog({ ...nameOf(plan), stage: 'silent', maxBytes: 100 })).toEqual({
        text: '',
        truncated: false,
      });
    });

    test('a log can be read while its stage runs, and is empty before it starts', async () => {
      const plan = fixture.plan({ scripts: { one: 'echo ready; sleep 300', two: 'true' } });
      await cluster.apply({ plan, signal: never });
      await untilLogged({ cluster, plan, stage: 'one', text: 'ready\n' });
      expect(await cluster.readLog({ ...nameOf(plan), stage: 'two', maxBytes: 100 })).toEqual({
        text: '',
        truncated: false,
      });
    });

    test('annotating a Job that was never made is refused for good, not an outage to wait out', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      const annotating = cluster.annotate({ ...nameOf(plan), annotations: { a: 'b' } });
      await expect(annotating).rejects.toBeInstanceOf(InvalidInputError);
    });

    test('annotations are merged, on a running Job and on a finished one', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      await cluster.apply({ plan, signal: never });
      await cluster.annotate({
        ...nameOf(plan),
        annotations: { 'proxybench.dev/a': 'one', 'proxybench.dev/b': 'two' },
      });
      await readToEnd({ cluster, plan });
      await fixture.again.annotate({
        ...nameOf(plan),
        annotations: { 'proxybench.dev/b': 'zwei', 'proxybench.dev/c': '"drei"\nä' },
      });
      const annotations = { 'proxybench.dev/a': 'one', 'proxybench.dev/b': 'zwei', 'proxybench.dev/c': '"drei"\nä' };
      expect((await cluster.readJob(nameOf(plan)))?.annotations).toMatchObject(annotations);
    });

    test('of annotations written at once none is lost', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      await cluster.apply({ plan, signal: never });
      const keys = Array.from({ length: 8 }, (_, index) => `proxybench.dev/key-${index}`);
      await Promise.all(
        keys.map((key, index) =>
          (index % 2 === 0 ? cluster : fixture.again).annotate({ ...nameOf(plan), annotations: { [key]: key } }),
        ),
      );
      const annotations = (await cluster.readJob(nameOf(plan)))?.annotations;
      expect(annotations).toMatchObject(Object.fromEntries(keys.map((key) => [key, key])));
    });

    test('a stop leaves nothing running, not even what ignores it or has gone its own way', async () => {
      const plan = fixture.plan({
        scripts: {
          one: `trap "" TERM; setsid sh -c 'trap "" TERM; echo away; sleep 300; sleep 300' & sleep 300 & while :; do sleep 300; done`,
          two: 'true',
        },
      });
      await cluster.apply({ plan, signal: never });
      await untilLogged({ cluster, plan, stage: 'one', text: 'away\n' });
      expect(await fixture.running(plan)).not.toEqual([]);
      await cluster.stop({ ...nameOf(plan), graceMs: 300 });
      expect(await fixture.running(plan)).toEqual([]);
      const { transitions, job } = await readToEnd({ cluster, plan });
      expect(job).toBe('stopped');
      expect(ofStages(transitions).map(({ stage, phase }) => [stage, phase])).toEqual([
        ['one', 'started'],
        ['one', 'failed'],
        [null, 'failed'],
      ]);
      expect(await cluster.readJob(nameOf(plan))).toMatchObject({
        state: 'stopped',
        finishedAtMs: transitions.at(-1)?.atMs,
      });
    });

    test('a stopped Job keeps its annotations and its logs', async () => {
      const plan = fixture.plan({ scripts: { only: 'echo ready; sleep 300' } });
      await cluster.apply({ plan, signal: never });
      await untilLogged({ cluster, plan, stage: 'only', text: 'ready\n' });
      await cluster.annotate({ ...nameOf(plan), annotations: { 'proxybench.dev/result': 'so far' } });
      await cluster.stop({ ...nameOf(plan), graceMs: 1_000 });
      expect((await cluster.readJob(nameOf(plan)))?.annotations).toMatchObject({ 'proxybench.dev/result': 'so far' });
      expect((await cluster.readLog({ ...nameOf(plan), stage: 'only', maxBytes: 100 })).text).toBe('ready\n');
    });

    test('a stop of a finished, an unknown or a stopped Job does no harm, and many stops are as good as one', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      await cluster.stop({ ...nameOf(plan), graceMs: 0 });
      await cluster.apply({ plan, signal: never });
      await readToEnd({ cluster, plan });
      await cluster.stop({ ...nameOf(plan), graceMs: 0 });
      expect((await cluster.readJob(nameOf(plan)))?.state).toBe('succeeded');

      const endless = fixture.plan({ scripts: { only: 'sleep 300' } });
      await cluster.apply({ plan: endless, signal: never });
      await Promise.all(
        [cluster, fixture.again, cluster].map((client) => client.stop({ ...nameOf(endless), graceMs: 1_000 })),
      );
      await cluster.stop({ ...nameOf(endless), graceMs: 0 });
      expect(await fixture.running(endless)).toEqual([]);
      expect(
        (await readToEnd({ cluster, plan: endless })).transitions.filter(({ stage }) => stage === null),
      ).toHaveLength(1);
    });

    test('an unknown Job is null, and so is a known one in another namespace', async () => {
      const plan = fixture.plan({ scripts: { only: 'true' } });
      expect(await cluster.readJob(nameOf(plan))).toBeNull();
      await cluster.apply({ plan, signal: never });
      expect(await cluster.readJob({ namespace: 'somewhere-else', jobName: plan.jobName })).toBeNull();
      expect(await cluster.readJob({ ...nameOf(plan), jobName: `${plan.jobName}-not` })).toBeNull();
    });

    test('Jobs are listed newest first', async () => {
      const plans = ['true', 'exit 1', 'sleep 300'].map((only) => fixture.plan({ scripts: { only } }));
      expect(await cluster.listJobs({ namespace: plans[0]?.target.namespace ?? '' })).toEqual([]);
      for (const plan of plans) {
        await cluster.apply({ plan, signal: never });
        await cluster.nextTransitions({ plan, cursor: null, signal: never });
      }
      for (const plan of plans.slice(0, 2)) {
        await readToEnd({ cluster, plan });
      }
      const jobs = await fixture.again.listJobs({ namespace: plans[0]?.target.namespace ?? '' });
      expect(jobs.map(({ jobName, state }) => [jobName, state])).toEqual([
        [plans[2]?.jobName, 'running'],
        [plans[1]?.jobName, 'failed'],
        [plans[0]?.jobName, 'succeeded'],
      ]);
    });

    test('cleaning up leaves nothing over and keeps the record for as long as it was asked to', async () => {
      const kept = fixture.plan({ scripts: { only: 'echo > file' } });
      await cluster.apply({ plan: kept, signal: never });
      await readToEnd({ cluster, plan: kept });
      expect(await cluster.cleanUp({ plan: kept })).toEqual({ leftOver: [] });
      expect(await cluster.cleanUp({ plan: kept })).toEqual({ leftOver: [] });
      expect((await cluster.readJob(nameOf(kept)))?.state).toBe('succeeded');
    });

    test('cleaning up after a run that made no Job leaves whoever’s Job has the name alone', async () => {
      const running = fixture.plan({ scripts: { only: 'echo ready; sleep 300' } });
      await cluster.apply({ plan: running, signal: never });
      await untilLogged({ cluster, plan: running, stage: 'only', text: 'ready\n' });
      expect(await cluster.cleanUp({ plan: running, jobApplied: false })).toEqual({ leftOver: [] });
      expect(await fixture.running(running)).not.toEqual([]);
      await cluster.stop({ ...nameOf(running), graceMs: 0 });
    });
  });
}

/** Without pulls of images, which only some targets have and each in its own number. */
function ofStages(transitions: readonly Transition[]): readonly Transition[] {
  return transitions.filter(({ stage }) => stage !== 'image-pull');
}

function nameOf(plan: Plan): { readonly namespace: string; readonly jobName: string } {
  return { namespace: plan.target.namespace, jobName: plan.jobName };
}

/** Reads on from `cursor` until the Job has ended, and remembers every cursor with what was seen before it. */
export async function readToEnd(input: {
  readonly cluster: Cluster;
  readonly plan: Plan;
  readonly cursor?: string | null;
}): Promise<{
  readonly transitions: readonly Transition[];
  readonly cursors: readonly { readonly cursor: string | null; readonly seen: number }[];
  readonly job: string;
}> {
  const transitions: Transition[] = [];
  let cursor = input.cursor ?? null;
  const cursors = [{ cursor, seen: 0 }];
  for (;;) {
    const page = await input.cluster.nextTransitions({ plan: input.plan, cursor, signal: never });
    transitions.push(...page.transitions);
    ({ cursor } = page);
    cursors.push({ cursor, seen: transitions.length });
    if (page.job !== 'running') {
      return { transitions, cursors, job: page.job };
    }
  }
}

/** Waits until the stage has written this, and only this. */
export async function untilLogged(input: {
  readonly cluster: Cluster;
  readonly plan: Plan;
  readonly stage: string;
  readonly text: string;
}): Promise<void> {
  await vi.waitFor(async () => {
    const log = await input.cluster.readLog({ ...nameOf(input.plan), stage: input.stage, maxBytes: 10_000 });
    expect(log.text).toBe(input.text);
  }, READY_WITHIN);
}
