// The stage recorder on a real far side: every case over a real remote shell, none with a stand-in for it.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { journalDirectory } from '../../../src/activities/journal-directory.ts';
import { createOpenSampling } from '../../../src/activities/open-sampling.ts';
import { createSample } from '../../../src/activities/sample.ts';
import type { ControlPath, RecordedAnswer } from '../../../src/cluster/cluster.ts';
import type { TransClusterOptions } from '../../../src/cluster/trans/trans-cluster.ts';
import { type Plan, type PlannedProxy, referenceOf } from '../../../src/plan/plan.ts';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import { lastSequence } from '../../../src/sampling/last-sequence.ts';
import { openJournal, readJournal } from '../../../src/sampling/journal.ts';
import { createRecordedClient } from '../../../src/sampling/recorded-client.ts';
import { type SamplerProgress, openBaseline, runSampler } from '../../../src/sampling/sampler.ts';
import { recorderProcesses, sessionOf, textOf } from '../../support/far-processes.ts';
import { quietActivityEnvironment } from '../../support/quiet-temporal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { type TransFixture, openTransFixture, whyNoTransTests } from '../../support/trans-fixture.ts';

const why = whyNoTransTests();
const never = new AbortController().signal;
const SOON = { timeout: 60_000, interval: 50 };

describe('the stage recorder of a far cluster', { timeout: 240_000 }, () => {
  if (why !== null) {
    test.skip(`records over a real remote shell (skipped: ${why})`, () => undefined);
    return;
  }
  let fixture: TransFixture;
  beforeEach(async () => {
    fixture = await openTransFixture();
  });
  afterEach(async () => {
    await fixture.dispose();
  });

  /** Opens the recording of a run as one worker would. */
  async function open(
    plan: Plan,
    options: Partial<TransClusterOptions> & { readonly proxy?: PlannedProxy } = {},
  ): Promise<ControlPath & { readonly recording: NonNullable<ControlPath['recording']> }> {
    const { proxy = plan.proxy, ...cluster } = options;
    const path = await fixture
      .openCluster(cluster)
      .openControl({ proxy, secret: fixture.testCluster.controlSecret, run: plan, signal: never });
    await path.close();
    if (path.recording === undefined) throw new Error('nothing is recorded');
    return { ...path, recording: path.recording };
  }
  const newPlan = (plan: Partial<Plan> = {}): Plan =>
    fixture.plan({ scripts: { only: 'echo ready; sleep 300' }, plan });

  /** Takes answers until `enough`, or to the recording's end. */
  async function take(
    { recording }: { readonly recording: NonNullable<ControlPath['recording']> },
    enough: (answers: readonly RecordedAnswer[]) => boolean = () => false,
    afterSequence = 0,
  ): Promise<readonly RecordedAnswer[]> {
    const answers: RecordedAnswer[] = [];
    for await (const answer of recording.answers({ afterSequence, signal: never })) {
      answers.push(answer);
      if (enough(answers)) break;
    }
    return answers;
  }
  const atLeast =
    (count: number) =>
    (answers: readonly RecordedAnswer[]): boolean =>
      answers.length >= count;

  function expectWithoutHoles(answers: readonly RecordedAnswer[], from = 1): void {
    expect(answers.map(({ sequence }) => sequence)).toEqual(answers.map((_, index) => from + index));
    const times = answers.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }

  test('each answer arrives once and in order, and after the end there is a last one', async () => {
    const path = await open(newPlan());
    const before = await take(path, atLeast(8));
    expectWithoutHoles(before);
    expect(before.every(({ body }) => body !== null && 'downloadTotal' in JSON.parse(body))).toBe(true);
    await path.recording.finish();
    const askedAtMs = Date.now();
    const rest = await take(path, undefined, 8);
    expectWithoutHoles(rest, 9);
    expect(rest.at(-1)?.atMs).toBeGreaterThan(askedAtMs - 1_000);
    expect(await take(path, undefined, rest.at(-1)?.sequence)).toEqual([]);
  });

  test('many who open the same run find one recorder', async () => {
    const plan = newPlan();
    await Promise.all(Array.from({ length: 6 }, () => open(plan)));
    const path = await open(plan);
    expectWithoutHoles(await take(path, atLeast(5)));
    const spool = fixture.spoolOf(plan);
    expect([1, 2].map((life) => existsSync(`${spool}/lives/${life}`))).toEqual([true, false]);
    // One way to the API server, one to the proxy.
    expect(lastingWays(spool)).toHaveLength(2);
  });

  test('the secret is in no argument, no environment and no file of the far side', async () => {
    const plan = newPlan();
    const path = await open(plan);
    await take(path, atLeast(4));
    const spool = fixture.spoolOf(plan);
    const processes = recorderProcesses(spool);
    expect(processes.map(({ name }) => name)).toEqual(expect.arrayContaining(['sh', 'kubectl']));
    for (const { pid } of processes) {
      expect(`${textOf(pid, 'cmdline')}\0${textOf(pid, 'environ')}`).not.toContain(fixture.testCluster.controlSecret);
    }
    const grep = ['-r', '-l', '-F', '-e', fixture.testCluster.controlSecret, spool];
    expect(() => execFileSync('grep', grep)).toThrow(expect.objectContaining({ status: 1 }));
    expect(execFileSync('stat', ['-c', '%a', spool]).toString().trim()).toBe('700');
  });

  test('a connection that is killed in the middle of a fetch loses nothing', async () => {
    const env = fixture.bentLine(
      // A command in the background reads nothing unless it is told to.
      `n=$(cat "$0.n" 2>/dev/null || echo 0); echo $((n + 1)) >"$0.n"
[ $((n % 2)) -eq 1 ] || exec "$TRANS" "$@"
"$TRANS" "$@" <&0 & sleep 0.4; kill -9 $!; wait $!`,
    );
    const plan = newPlan();
    await open(plan);
    const path = await open(plan, { env });
    expectWithoutHoles(await take(path, atLeast(30)));
  });

  test('output that is cut on its way is asked for again and never taken for whole', async () => {
    const cut = 1_500;
    const env = fixture.bentLine(
      `case "$*" in *proxybench-frame*" control "*) "$TRANS" "$@" | head -c ${cut} ;; *) exec "$TRANS" "$@" ;; esac`,
    );
    const plan = newPlan();
    await open(plan);
    const path = await open(plan, { env });
    // So many that one fetch of all would not pass: it has to come in smaller pieces.
    await vi.waitFor(() => expect(piecesIn(fixture.spoolOf(plan))).toBeGreaterThan(8), SOON);
    expectWithoutHoles(await take(path, atLeast(20)));
  });

  test('a line that hangs is given up and tried again', async () => {
    const plan = newPlan();
    const path = await open(plan);
    const first = await take(path, atLeast(1));
    // The end of everything that is there already: the next fetch waits on the far side.
    const abort = new AbortController();
    const taken = [...first];
    const taking = (async () => {
      for await (const answer of path.recording.answers({ afterSequence: 1, signal: abort.signal })) {
        taken.push(answer);
        if (taken.length >= 60) break;
      }
    })();
    const session = await vi.waitFor(() => {
      const found = sessionOf(plan.runId, 'control');
      if (found === undefined) throw new Error('no fetch is under way');
      process.kill(found.pid, 'SIGSTOP');
      return found;
    }, SOON);
    try {
      await taking;
    } finally {
      abort.abort();
      process.kill(session.pid, 'SIGKILL');
    }
    expectWithoutHoles(taken);
  });

  test('a slow line brings the same, later', async () => {
    const env = fixture.bentLine(
      `"$TRANS" "$@" | while chunk=$(dd bs=256 count=1 2>/dev/null | base64) && [ -n "$chunk" ]; do
  printf '%s' "$chunk" | base64 -d; sleep 0.05
done`,
    );
    const plan = newPlan();
    await open(plan);
    expectWithoutHoles(await take(await open(plan, { env }), atLeast(12)));
  });

  test.each([
    { when: 'with readings that are not packed yet', unpacked: true },
    { when: 'when all is packed', unpacked: false },
  ])('a recorder that is killed $when is started again, says so, and uses no number twice', async ({ unpacked }) => {
    const plan = newPlan();
    const path = await open(plan);
    await take(path, atLeast(6));
    const [pid = ''] = readFileSync(`${fixture.spoolOf(plan)}/lives/1/process`, 'utf8').split(' ');
    process.kill(Number(pid), 'SIGKILL');
    if (!unpacked) writeFileSync(`${fixture.spoolOf(plan)}/control/open`, '');
    const restart = 'the recorder had ended before its time and was started again';
    const answers = await take(path, (seen) => {
      const place = seen.findIndex(({ outage }) => outage === restart);
      return place >= 0 && seen.length > place + 4;
    });
    expectWithoutHoles(answers);
    expect(answers.filter(({ outage }) => outage === restart)).toHaveLength(1);
    const place = answers.findIndex(({ outage }) => outage === restart);
    expect(answers.slice(place + 1).every(({ body }) => body !== null)).toBe(true);
    expect(lastingWays(fixture.spoolOf(plan))).toHaveLength(2);
  });

  test('workers that follow each other hand each answer over exactly once', async () => {
    const plan = newPlan();
    const dir = temporaryDirectory('recorded');
    const baseline = await openBaseline({
      client: createRecordedClient({ recording: (await open(plan)).recording }),
      signal: never,
    });
    let last = 0;
    for (let attempt = 1; attempt <= 4; attempt++) {
      const { recording } = await open(plan);
      const afterSequence = lastSequence({ attempts: await readJournal({ dir }) });
      const journal = await openJournal({ dir, attempt });
      const stop = new AbortController();
      let seen = 0;
      const sampling = runSampler({
        client: createRecordedClient({ recording, afterSequence, drainWithinMs: 30_000 }),
        journal,
        intervalMs: 250,
        signal: stop.signal,
        onProgress: () => {
          seen += 1;
          // All but the last die where they are; that one is told to hand over.
          if (seen === 7 && attempt < 4) throw new Error('the worker died');
          if (seen === 7) stop.abort();
        },
      });
      if (attempt < 4) await expect(sampling).rejects.toThrow('the worker died');
      else last = (await sampling)?.sequence ?? 0;
      await journal.close();
    }
    const sequences = (await readJournal({ dir }))
      .flat()
      .flatMap((record) => (record.kind === 'reading' ? [record.sequence] : []));
    expect(sequences).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const recorded = readFileSync(`${fixture.spoolOf(plan)}/ended`, 'utf8');
    expect(recorded).toContain('it was told to');
    expect((await readJournal({ dir })).flat()[0]?.atMs).toBe(baseline.atMs);
  });

  test('a worker that is shut down leaves the recorder to the next one, which misses no reading', async () => {
    const plan = newPlan();
    const run = referenceOf(plan);
    const stateDir = temporaryDirectory('shut-down');
    const deps: ActivityDeps = {
      stateDir,
      openCluster: () => fixture.cluster,
      createControlClient: createClashClient,
      readSecret: () => Promise.resolve(fixture.testCluster.controlSecret),
      loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
    };
    const { baseline } = await runAs(quietActivityEnvironment(), createOpenSampling(deps), { run });
    const reached = async (env: MockActivityEnvironment, sequence: number, end: 'CANCELLED' | 'WORKER_SHUTDOWN') => {
      const seen = new Promise<void>((resolve) => {
        env.on('heartbeat', (details?: SamplerProgress) => {
          if ((details?.sequence ?? 0) >= sequence) resolve();
        });
      });
      const sampling = runAs(env, createSample(deps), { run, baseline });
      await Promise.race([seen, sampling]);
      env.cancel(end);
      return await sampling;
    };
    await expect(reached(quietActivityEnvironment(), 4, 'WORKER_SHUTDOWN')).rejects.toThrow('shutting down');
    expect(existsSync(`${fixture.spoolOf(plan)}/finish`)).toBe(false);
    const first = lastSequence({ attempts: await readJournal({ dir: journalDirectory({ deps, run }) }) });
    const series = await reached(quietActivityEnvironment({ attempt: 2 }), first + 10, 'CANCELLED');
    expect(series.gaps).toEqual([]);
    const sequences = (await readJournal({ dir: journalDirectory({ deps, run }) }))
      .flat()
      .flatMap((record) => (record.kind === 'reading' ? [record.sequence] : []));
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(first + 10);
  });

  test('a proxy Pod that is killed is an outage with its reason, and its successor is found', async () => {
    const proxy = await fixture.openProxy();
    const plan = newPlan({ proxy });
    const path = await open(plan, { proxy });
    await take(path, atLeast(4));
    await fixture.kubectl(
      '-n',
      fixture.namespace,
      'delete',
      'pod',
      '-l',
      `app=${proxy.service}`,
      '--now',
      '--wait=true',
    );
    const answers = await take(path, (seen) => {
      const place = seen.findIndex(({ body }) => body === null);
      return place >= 0 && seen.slice(place).filter(({ body }) => body !== null).length > 3;
    });
    expectWithoutHoles(answers);
    const reasons = answers.flatMap(({ outage }) => (outage === undefined ? [] : [outage]));
    expect(reasons[0]).toMatch(/the control API does not answer|no ready Pod|no port-forward/);
  });

  test('a recorder without a Job ends at the deadline, after a last reading', async () => {
    const plan = newPlan({ deadlineMs: 3_000 });
    const path = await open(plan, { recorder: { deadlineMarginMs: 1_000 } });
    const answers = await take(path);
    expectWithoutHoles(answers);
    expect(answers.at(-1)?.body).not.toBeNull();
    expect(readFileSync(`${fixture.spoolOf(plan)}/ended`, 'utf8')).toContain('the deadline passed');
    await vi.waitFor(() => expect(recorderProcesses(fixture.spoolOf(plan))).toEqual([]), SOON);
  });

  test.each([
    { what: 'completes', script: 'true', remove: false, reason: 'the Job has completed' },
    { what: 'fails', script: 'exit 3', remove: false, reason: 'the Job has failed' },
    { what: 'is deleted', script: 'sleep 300', remove: true, reason: 'the Job is gone' },
  ])('a recorder whose Job $what ends, and nothing of it goes on', async ({ script, remove, reason }) => {
    const plan = fixture.plan({ scripts: { only: script } });
    const path = await open(plan, { recorder: { lingerMs: 2_000, withoutJobMs: 15_000 } });
    await fixture.cluster.apply({ plan, signal: never });
    if (remove) {
      await fixture.cluster.nextTransitions({ plan, cursor: null, signal: never });
      await fixture.kubectl('-n', fixture.namespace, 'delete', 'job', plan.jobName, '--wait=false');
    }
    expectWithoutHoles(await take(path));
    expect(readFileSync(`${fixture.spoolOf(plan)}/ended`, 'utf8')).toContain(reason);
    await vi.waitFor(() => expect(recorderProcesses(fixture.spoolOf(plan))).toEqual([]), SOON);
  });

  test('a recorder waits longer for the Job of another attempt than for the end of a run', async () => {
    const first = fixture.plan({ scripts: { only: 'sleep 300' } });
    const { runId, jobName } = first;
    const path = await open(first, { recorder: { lingerMs: 0 } });
    await fixture.cluster.apply({ plan: first, signal: never });
    await fixture.cluster.nextTransitions({ plan: first, cursor: null, signal: never });
    await fixture.kubectl('-n', fixture.namespace, 'delete', 'job', jobName, '--wait=true');
    const goneAtMs = Date.now();
    // Long enough that the recorder has looked in between.
    const between = await take(path, (seen) => (seen.at(-1)?.atMs ?? 0) > goneAtMs + 3_000);
    expect(between.at(-1)?.atMs).toBeGreaterThan(goneAtMs + 3_000);
    const plan = fixture.plan({ scripts: { only: 'true' }, plan: { runId, jobName } });
    await fixture.cluster.apply({ plan, signal: never });
    await take(path);
    expect(readFileSync(`${fixture.spoolOf(plan)}/ended`, 'utf8')).toContain('the Job has completed');
  });

  test('a recorder to which no Job ever comes ends, and says so', async () => {
    const plan = newPlan();
    await take(await open(plan, { recorder: { withoutJobMs: 1_500 } }));
    expect(readFileSync(`${fixture.spoolOf(plan)}/ended`, 'utf8')).toContain('no Job ever came');
  });

  test.each([
    { what: 'none of', bytes: 0 },
    { what: 'half of', bytes: 5_000 },
  ])('a line that breaks when $what the recorder has arrived leaves nothing behind', async ({ bytes }) => {
    const plan = newPlan();
    // What a far side sees of a broken line: its input ends, and nobody hears the answer.
    const env = fixture.bentLine(`head -c ${bytes} | "$TRANS" "$@"; exit 255`);
    await expect(open(plan, { env })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining('not all of the recorder has arrived'),
    });
    expect(readdirSync(`${fixture.spoolOf(plan)}/lives`)).toEqual([]);
    expect(readdirSync(fixture.spoolOf(plan)).filter((file) => file.startsWith('recorder-'))).toEqual([]);
    expectWithoutHoles(await take(await open(plan), atLeast(4)));
  });

  test('a recorder that cannot live is given up, with what it said', async () => {
    const plan = newPlan();
    const tools = temporaryDirectory('tools');
    writeFileSync(join(tools, 'setsid'), '#!/bin/sh\necho no sessions today >&2\nexit 1\n', { mode: 0o755 });
    const env = fixture.bentLine(
      `route=$1; shift 3; exec "$TRANS" "$route" sh -- sh -c 'PATH=${tools}:$PATH; exec "$@"' sh "$@"`,
    );
    await expect(open(plan, { env })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining('no sessions today'),
    });
    expect(readdirSync(`${fixture.spoolOf(plan)}/lives`)).toEqual(['1', '2']);
  });

  test('a call whose body was cut off on its way is not made', async () => {
    const plan = newPlan();
    await fixture.cluster.apply({ plan, signal: never });
    const { namespace } = fixture;
    const { jobName } = plan;
    const cut = fixture.openCluster({ env: fixture.bentLine('head -c 0 | "$TRANS" "$@"') });
    await expect(cut.annotate({ namespace, jobName, annotations: { a: 'b' } })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining('not all of the call has arrived'),
    });
  });

  test('a start that was cut off before the recorder ran is made up for by whoever reads next', async () => {
    const plan = newPlan();
    const path = await open(plan);
    await take(path, atLeast(4));
    const spool = fixture.spoolOf(plan);
    const [pid = ''] = readFileSync(`${spool}/lives/1/process`, 'utf8').split(' ');
    process.kill(Number(pid), 'SIGKILL');
    mkdirSync(`${spool}/lives/2`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${spool}/lives/2`, longAgo, longAgo);
    expectWithoutHoles(
      await take(path, (seen) => seen.some(({ outage }) => outage?.includes('started again') === true)),
    );
  });

  test.skipIf(findProgram('busybox') === '')(
    "on a machine with busybox's tools alone the recorder's processes are found and ended",
    async () => {
      const tools = temporaryDirectory('busybox');
      for (const tool of execFileSync('busybox', ['--list']).toString().trim().split('\n')) {
        symlinkSync(findProgram('busybox'), join(tools, tool));
      }
      // Its own date may know no nanoseconds, its shell finds its own tools first, and a curl it has not.
      for (const tool of ['curl', 'date', 'sh']) {
        rmSync(join(tools, tool), { force: true });
        symlinkSync(findProgram(tool), join(tools, tool));
      }
      symlinkSync(fixture.testCluster.kubectl, join(tools, 'kubectl'));
      const env = fixture.bentLine(`route=$1; shift 3; exec "$TRANS" "$route" sh -- env PATH=${tools} "$@"`);
      const plan = newPlan();
      await take(await open(plan), atLeast(2));
      // They cannot end by themselves: who does not find them leaves them.
      const processes = recorderProcesses(fixture.spoolOf(plan));
      expect(processes.length).toBeGreaterThan(3);
      for (const { pid } of processes) haltIfThere(pid);
      expect(await fixture.openCluster({ env }).cleanUp({ plan })).toEqual({ leftOver: [] });
      expect(recorderProcesses(fixture.spoolOf(plan))).toEqual([]);
    },
  );

  test('a machine whose only kubeconfig is that of k3s is used with it, and one without any is told so', async () => {
    const far = `route=$1; shift 3; exec "$TRANS" "$route" sh -- env -u KUBECONFIG HOME=${temporaryDirectory('home')}`;
    const plan = newPlan();
    await expect(open(plan, { env: fixture.bentLine(`${far} "$@"`) })).rejects.toThrow(/lacks a kubeconfig/);
    // A mount namespace of its own for each call, in which /etc has nothing but that file.
    const k3s =
      'kubeconfig=$(cat "$0") && mount -t tmpfs none /etc && mkdir -p /etc/rancher/k3s && ' +
      `printf '%s\\n' "$kubeconfig" >/etc/rancher/k3s/k3s.yaml && exec "$@"`;
    const env = fixture.bentLine(
      `${far} unshare -m sh -c '${k3s.replaceAll("'", `'\\''`)}' ${fixture.testCluster.kubeconfigFile} "$@"`,
    );
    const { transitions } = await (async () => {
      const cluster = fixture.openCluster({ env });
      await cluster.apply({ plan, signal: never });
      return await cluster.nextTransitions({ plan, cursor: null, signal: never });
    })();
    expect(transitions.length).toBeGreaterThan(0);
  });

  test('of several ready proxy Pods the first by name is read', async () => {
    const proxy = await fixture.openProxy();
    await fixture.kubectl('-n', fixture.namespace, 'scale', `deployment/${proxy.service}`, '--replicas=3');
    await fixture.kubectl('-n', fixture.namespace, 'rollout', 'status', `deployment/${proxy.service}`, '--timeout=60s');
    const names = (
      await fixture.kubectl('-n', fixture.namespace, 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.name}')
    )
      .split(' ')
      .toSorted();
    expect(names).toHaveLength(3);
    const plan = newPlan({ proxy });
    await take(await open(plan, { proxy }), atLeast(2));
    const forwarding = recorderProcesses(fixture.spoolOf(plan)).flatMap(({ pid }) =>
      textOf(pid, 'cmdline')
        .split('\0')
        .filter((word) => word.startsWith('pod/')),
    );
    expect(forwarding).toEqual([`pod/${names[0]}`]);
  });

  test('a baseline tells how far the clock of the target is off', async () => {
    const tools = temporaryDirectory('tools');
    writeFileSync(join(tools, 'date'), `#!/bin/sh\nexec ${findProgram('date')} -d '+90 seconds' "$@"\n`, {
      mode: 0o755,
    });
    const env = fixture.bentLine(
      `route=$1; shift 3; exec "$TRANS" "$route" sh -- sh -c 'PATH=${tools}:$PATH; exec "$@"' sh "$@"`,
    );
    const deps: ActivityDeps = {
      stateDir: temporaryDirectory('clock'),
      openCluster: () => fixture.openCluster({ env }),
      createControlClient: createClashClient,
      readSecret: () => Promise.resolve(fixture.testCluster.controlSecret),
      loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
    };
    const run = referenceOf(newPlan());
    const { baseline } = await runAs(quietActivityEnvironment(), createOpenSampling(deps), { run });
    expect(baseline.targetClockOffsetMs).toBeGreaterThan(85_000);
    expect(baseline.targetClockOffsetMs).toBeLessThan(95_000);
    expect(baseline.clockOffsetMs).toBeUndefined();
  });

  test('a Job that cannot be cleaned up keeps no recorder', async () => {
    const plan = newPlan();
    await open(plan);
    const env = fixture.bentLine(
      `case "$*" in *'# One call to the API server'*) exit 255 ;; *) exec "$TRANS" "$@" ;; esac`,
    );
    await expect(fixture.openCluster({ env }).cleanUp({ plan })).rejects.toMatchObject({ name: 'UnreachableError' });
    expect(existsSync(fixture.spoolOf(plan))).toBe(false);
    expect(recorderProcesses(fixture.spoolOf(plan))).toEqual([]);
  });

  test('transitions that were seen by the recorder alone are told to whoever asks later', async () => {
    const plan = fixture.plan({ scripts: { one: 'true', two: 'true' } });
    const path = await open(plan, { recorder: { lingerMs: 2_000 } });
    await fixture.cluster.apply({ plan, signal: never });
    await take(path);
    await fixture.kubectl('-n', fixture.namespace, 'delete', 'pods,events', '--all', '--wait=true');
    const page = await fixture.again.nextTransitions({ plan, cursor: null, signal: never });
    expect(page.job).toBe('succeeded');
    expect(page.transitions.map(({ stage, phase }) => `${stage ?? 'the Job'} ${phase}`)).toEqual(
      expect.arrayContaining([
        'image-pull finished',
        'one finished',
        'two started',
        'two finished',
        'the Job finished',
      ]),
    );
  });

  test('after the clean-up nothing is left on the far side', async () => {
    const plan = newPlan();
    const path = await open(plan);
    await take(path, atLeast(4));
    const spool = fixture.spoolOf(plan);
    expect(recorderProcesses(spool).length).toBeGreaterThan(3);
    expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
    expect(recorderProcesses(spool)).toEqual([]);
    expect(existsSync(spool)).toBe(false);
    await expect(take(path)).rejects.toMatchObject({ name: 'UnreachableError' });
  });
});

/** Runs an activity as a worker would. */
function runAs<I, O>(env: MockActivityEnvironment, activity: (input: I) => Promise<O>, input: I): Promise<O> {
  return env.run<[I], O, (input: I) => Promise<O>>(activity, input);
}

/** The recorder's ways to the API server and to the proxy, without what is asked by a kubectl that ends at once. */
function lastingWays(spool: string): readonly string[] {
  return recorderProcesses(spool)
    .filter(({ name }) => name === 'kubectl')
    .flatMap(({ pid }) => textOf(pid, 'cmdline').split('\0'))
    .filter((word) => word === 'proxy' || word === 'port-forward');
}

function haltIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGSTOP');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** Empty when it is not on the PATH. */
function findProgram(name: string): string {
  const directories = (process.env['PATH'] ?? '').split(':').map((directory) => join(directory, name));
  return directories.find((file) => existsSync(file)) ?? '';
}

function piecesIn(spool: string): number {
  return execFileSync('sh', ['-c', 'ls "$0"/control | grep -c gz || true', spool]).toString().trim() === ''
    ? 0
    : Number(execFileSync('sh', ['-c', 'ls "$0"/control | grep -c gz || true', spool]).toString());
}
