import { describe, expect, it } from 'vitest';
import { MOST_ENDS_BEFORE_READY } from '../../../../src/cluster/companions/most-ends-before-ready.ts';
import { readSample } from '../../../../src/cluster/companions/prometheus-text.ts';
import { companionStatus } from '../../../../src/cluster/kubernetes/companion-status.ts';
import { containerLookedAtMs, containerUsage } from '../../../../src/cluster/kubernetes/container-usage.ts';
import { historyOf } from '../../../../src/cluster/kubernetes/job-history.ts';
import type {
  KubeContainerStatus,
  KubeEvent,
  KubeJob,
  KubePod,
} from '../../../../src/cluster/kubernetes/kube-objects.ts';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString().replace('.000', '');
const ms = (second: number): number => Date.parse(at(second));

const job: KubeJob = {
  metadata: { name: 'job', uid: 'job-uid' },
  spec: {
    template: {
      spec: {
        initContainers: [
          { name: 'upstream', image: 'r/own:1', restartPolicy: 'Always' },
          { name: 'proxy', image: 'r/own:1', restartPolicy: 'Always' },
          { name: 'warm', image: 'r/load:1' },
        ],
        containers: [{ name: 'load', image: 'r/load:1' }],
      },
    },
  },
};

function podOf(input: {
  readonly init?: readonly KubeContainerStatus[];
  readonly main?: readonly KubeContainerStatus[];
  readonly phase?: string;
}): KubePod {
  return {
    metadata: { name: 'job-abc', uid: 'pod-uid', creationTimestamp: at(0) },
    status: {
      phase: input.phase ?? 'Running',
      startTime: at(0),
      initContainerStatuses: input.init ?? [],
      containerStatuses: input.main ?? [],
    },
  };
}

const running = (name: string, second: number): KubeContainerStatus => ({
  name,
  started: true,
  restartCount: 0,
  state: { running: { startedAt: at(second) } },
});
const ended = (name: string, from: number, to: number, message?: string): KubeContainerStatus => ({
  name,
  restartCount: 0,
  state: {
    terminated: {
      exitCode: 0,
      reason: 'Completed',
      startedAt: at(from),
      finishedAt: at(to),
      ...(message === undefined ? {} : { message }),
    },
  },
});
const look = (pod: KubePod, events: readonly KubeEvent[] = [], nowMs = ms(60)) =>
  historyOf({ job, pods: [pod], events, nowMs });
const event = (container: string, reason: string, second: number, message = ''): KubeEvent => ({
  involvedObject: { kind: 'Pod', uid: 'pod-uid', fieldPath: `spec.initContainers{${container}}` },
  reason,
  message,
  count: 1,
  firstTimestamp: at(second),
  lastTimestamp: at(second),
});

describe('a Job with companions', () => {
  it('has its other containers as stages, though companions run on beside them', () => {
    const {
      stages,
      entries,
      job: state,
    } = look(
      podOf({
        init: [running('upstream', 1), running('proxy', 2), ended('warm', 3, 5)],
        main: [{ name: 'load', restartCount: 0, state: { running: { startedAt: at(5) } } }],
      }),
    );
    expect(stages).toEqual(['warm', 'load']);
    expect(entries.map(({ key, transition: { stage, phase } }) => [key, stage, phase])).toEqual([
      ['0s', 'warm', 'started'],
      ['0f', 'warm', 'finished'],
      ['1s', 'load', 'started'],
    ]);
    expect(state).toBe('running');
  });

  it('tells the pulls of companions as those of its other images', () => {
    const { entries } = look(podOf({ init: [running('upstream', 9)] }), [
      event('upstream', 'Pulling', 1, 'Pulling image "r/own:1"'),
      event(
        'upstream',
        'Pulled',
        8,
        'Successfully pulled image "r/own:1" in 6.5s (7s including waiting). Image size: 1000 bytes.',
      ),
    ]);
    expect(entries.map(({ key, transition: { stage, phase, image } }) => [key, stage, phase, image])).toEqual([
      ['2p', 'image-pull', 'started', 'r/own:1'],
      ['2P', 'image-pull', 'finished', 'r/own:1'],
    ]);
  });

  it('fails early when a companion is started again and again before any stage', () => {
    const crashing: KubeContainerStatus = {
      name: 'proxy',
      started: false,
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: at(4), finishedAt: at(5) } },
    };
    const { job: state, endReason } = look(podOf({ init: [running('upstream', 1), crashing], phase: 'Pending' }));
    expect(state).toBe('failed');
    expect(endReason).toBe('companion proxy does not come up: OOMKilled, after 3 restarts');
    const inTime = { ...crashing, restartCount: 1 };
    expect(look(podOf({ init: [running('upstream', 1), inTime], phase: 'Pending' })).job).toBe('running');
  });

  it('gives a companion as many ends as a host does, and none of them matters once it is up', () => {
    const again: KubeContainerStatus = { ...running('upstream', 90), started: false, restartCount: 2 };
    const next = { name: 'proxy', started: false, restartCount: 0, state: { running: { startedAt: at(95) } } };
    const of = (upstream: KubeContainerStatus) => look(podOf({ init: [upstream, next], phase: 'Pending' })).job;
    expect(of(again)).toBe('running');
    expect(of({ ...again, restartCount: MOST_ENDS_BEFORE_READY })).toBe('failed');
    expect(of({ ...again, restartCount: MOST_ENDS_BEFORE_READY, started: true })).toBe('running');
  });

  it('fails early when the image of a companion does not come', () => {
    const waiting: KubeContainerStatus = {
      name: 'upstream',
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "r/own:1"' } },
    };
    const { job: state, entries } = look(podOf({ init: [waiting], phase: 'Pending' }));
    expect(state).toBe('failed');
    expect(entries[0]?.transition).toMatchObject({ stage: 'image-pull', phase: 'failed', image: 'r/own:1' });
  });

  it('goes on when a companion is started again while stages run: that is for the evidence', () => {
    const crashed: KubeContainerStatus = { ...running('proxy', 30), restartCount: 5 };
    const pod = podOf({
      init: [
        running('upstream', 1),
        crashed,
        { name: 'warm', restartCount: 0, state: { running: { startedAt: at(3) } } },
      ],
    });
    expect(look(pod).job).toBe('running');
  });

  it("hands over a stage's report with its end", () => {
    const report = '{"requests":5}\n';
    const line = `{"proxybench":1,"startedAtNs":"${ms(3)}100000","endedAtNs":"${ms(5)}200000","exitCode":0,"reportBytes":${report.length}}`;
    const { entries } = look(podOf({ init: [ended('warm', 3, 5, `${line}\n${report}`)] }));
    expect(entries.at(-1)?.transition).toEqual({
      stage: 'warm',
      phase: 'finished',
      atMs: ms(5),
      exitCode: 0,
      startedAtMs: ms(3),
      report: '{"requests":5}',
    });
  });
});

describe('the status of a companion', () => {
  it('names its last start as the runtime does', () => {
    const status = { ...running('proxy', 1), containerID: 'containerd://0123abc' };
    expect(companionStatus({ pod: podOf({ init: [status] }), name: 'proxy' }).containerId).toBe('0123abc');
    expect(companionStatus({ pod: podOf({}), name: 'proxy' }).containerId).toBeNull();
  });

  const oom = { exitCode: 137, reason: 'OOMKilled', startedAt: at(1), finishedAt: at(2) };

  it.each([
    ['not there yet', podOf({}), { state: 'absent', restarts: 0, oomKilledEnds: [] }],
    [
      'waiting for its image',
      podOf({ init: [{ name: 'proxy', state: { waiting: { reason: 'PodInitializing' } } }] }),
      { state: 'absent' },
    ],
    ['running', podOf({ init: [running('proxy', 1)] }), { state: 'running', restarts: 0, oomKilledEnds: [] }],
    [
      'killed for its memory and running again',
      podOf({ init: [{ ...running('proxy', 3), restartCount: 1, lastState: { terminated: oom } }] }),
      { state: 'running', restarts: 1, oomKilledEnds: [1] },
    ],
    [
      'between an end and its next start',
      podOf({ init: [{ name: 'proxy', restartCount: 0, state: { terminated: oom } }] }),
      { state: 'running', restarts: 0, oomKilledEnds: [1], endedAtMs: null },
    ],
    [
      'killed twice and not started again yet',
      podOf({
        init: [{ name: 'proxy', restartCount: 1, state: { terminated: oom }, lastState: { terminated: oom } }],
      }),
      { state: 'running', restarts: 1, oomKilledEnds: [1, 2], endedAtMs: null },
    ],
    [
      'ended with its Pod',
      podOf({ init: [ended('proxy', 1, 40)], phase: 'Succeeded' }),
      { state: 'ended', endedAtMs: ms(40), restarts: 0 },
    ],
  ])('that is %s', (_, pod, expected) => {
    expect(companionStatus({ pod, name: 'proxy' })).toMatchObject(expected);
  });
});

describe('what a kubelet says of a container', () => {
  const labels = 'container="proxy",id="/kubepods/x",image="r/own:1",name="abc",namespace="bench",pod="job-abc"';
  const page = `container_memory_usage_bytes{${labels}} 1000 1795282135000
container_memory_max_usage_bytes{${labels}} 2000 1795282135000
container_spec_memory_limit_bytes{${labels}} 2.62144e+07
container_spec_cpu_period{${labels}} 100000
container_spec_cpu_quota{${labels}} 3000
container_cpu_usage_seconds_total{${labels.replace('container', 'cpu="total",container')}} 1.5 1795282135000
container_cpu_cfs_periods_total{${labels}} 10
container_cpu_cfs_throttled_periods_total{${labels}} 4
container_cpu_cfs_throttled_seconds_total{${labels}} 2.5
container_oom_events_total{${labels}} 1
container_memory_max_usage_bytes{${labels.replace('"proxy"', '"upstream"')}} 9000
container_memory_max_usage_bytes{${labels.replace('"job-abc"', '"other"')}} 9000`;
  const samples = page.split('\n').flatMap((line) => readSample(line) ?? []);
  const asked = { namespace: 'bench', pod: 'job-abc', container: 'proxy', containerId: null };

  it('is that of this very container', () => {
    expect(containerUsage({ samples, ...asked })).toEqual({
      memoryBytes: 1_000,
      peakMemoryBytes: 2_000,
      memoryLimitBytes: 26_214_400,
      cpuLimitMillicores: 30,
      cpuSeconds: 1.5,
      periods: 10,
      throttledPeriods: 4,
      throttledSeconds: 2.5,
      oomKills: 1,
    });
  });

  it('is as old as its look, not as the page', () => {
    expect(containerLookedAtMs({ samples, ...asked })).toBe(1_795_282_135_000);
    expect(containerLookedAtMs({ samples, ...asked, container: 'upstream' })).toBeNull();
  });

  it('is no younger for what the page says of the moment at which it is asked for', () => {
    const seen = readSample(`container_last_seen{${labels}} 1.795282199e+09 1795282199000`);
    const asRead = seen === null ? samples : [...samples, seen];
    expect(asRead).toHaveLength(samples.length + 1);
    expect(containerLookedAtMs({ samples: asRead, ...asked })).toBe(1_795_282_135_000);
  });

  it('is nothing while the page has no memory of it: so a kubelet shows a container that it has not looked at yet', () => {
    const first = samples.map((sample) =>
      sample.name === 'container_memory_usage_bytes' ? { ...sample, value: 0 } : sample,
    );
    expect(containerUsage({ samples: first, ...asked })).toBeNull();
  });

  it('is found by the name of its cgroup where the page has no other', () => {
    const bare = 'container="",id="/kubepods/burstable/podx/cri-containerd-0123abc.scope",namespace="",pod=""';
    const line = readSample(`container_memory_max_usage_bytes{${bare}} 7000`);
    const samplesByCgroup = line === null ? [] : [line];
    const found = containerUsage({ ...asked, samples: samplesByCgroup, containerId: '0123abc' });
    expect(found).toMatchObject({ peakMemoryBytes: 7_000 });
    expect(containerUsage({ ...asked, samples: samplesByCgroup, containerId: '4567def' })).toBeNull();
  });

  it('is nothing of one that is not on the page, and null for what the page does not have', () => {
    expect(containerUsage({ samples, ...asked, container: 'load' })).toBeNull();
    const few = samples.filter(({ name }) => name === 'container_memory_usage_bytes');
    expect(containerUsage({ samples: few, ...asked })).toMatchObject({
      memoryBytes: 1_000,
      memoryLimitBytes: null,
      oomKills: null,
    });
  });
});
