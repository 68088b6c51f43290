import { describe, expect, it } from 'vitest';
import type { Transition } from '../../../src/evidence/transition.ts';
import { stageTimelines } from '../../../src/evidence/intervals.ts';

const pull = { name: 'image-pull', kind: 'image-pull', images: ['alpine', 'node'] } as const;
const apk = { name: 'apk-add', kind: 'container', images: ['alpine'] } as const;
const npm = { name: 'npm-install', kind: 'container', images: ['node'] } as const;

function job(phase: Transition['phase'], atMs: number): Transition {
  return { stage: null, phase, atMs };
}
function of(stage: string, phase: Transition['phase'], atMs: number, more: Partial<Transition> = {}): Transition {
  return { stage, phase, atMs, ...more };
}

describe("a stage's timeline", () => {
  it('has one interval for each image that an image-pull stage pulls', () => {
    const transitions = [
      job('started', 0),
      of('image-pull', 'started', 1, { image: 'alpine' }),
      of('image-pull', 'finished', 5, { image: 'alpine' }),
      of('apk-add', 'started', 6),
      of('apk-add', 'finished', 9, { exitCode: 0 }),
      of('image-pull', 'started', 10, { image: 'node' }),
      of('image-pull', 'finished', 20, { image: 'node' }),
    ];
    const [pulls, apkAdd] = stageTimelines({ stages: [pull, apk], transitions, endedAtMs: 30 });
    expect(pulls).toEqual({
      stage: 'image-pull',
      state: 'passed',
      intervals: [
        { stage: 'image-pull', fromMs: 1, toMs: 5, pull: { image: 'alpine', end: transitions[2] } },
        { stage: 'image-pull', fromMs: 10, toMs: 20, pull: { image: 'node', end: transitions[6] } },
      ],
      startedAtMs: 1,
      finishedAtMs: 20,
    });
    expect(apkAdd).toMatchObject({ state: 'passed', startedAtMs: 6, finishedAtMs: 9, exitCode: 0 });
  });

  it('counts a stage whose start was never observed from the end of what came before it', () => {
    const transitions = [
      job('started', 0),
      of('apk-add', 'finished', 9),
      of('npm-install', 'failed', 15, { exitCode: 1, reason: 'OOMKilled' }),
    ];
    const [apkAdd, npmInstall] = stageTimelines({ stages: [apk, npm], transitions, endedAtMs: 30 });
    expect(apkAdd?.intervals).toEqual([{ stage: 'apk-add', fromMs: 0, toMs: 9 }]);
    expect(npmInstall).toEqual({
      stage: 'npm-install',
      state: 'failed',
      intervals: [{ stage: 'npm-install', fromMs: 9, toMs: 15 }],
      startedAtMs: 9,
      finishedAtMs: 15,
      exitCode: 1,
      reason: 'OOMKilled',
    });
  });

  it('is closed at the end of the run and stays running when the stage never ended', () => {
    const transitions = [of('apk-add', 'started', 5)];
    expect(stageTimelines({ stages: [apk], transitions, endedAtMs: 30 })).toMatchObject([
      { state: 'running', intervals: [{ fromMs: 5, toMs: 30 }], finishedAtMs: 30 },
    ]);
  });

  it('stays open while the run goes on', () => {
    const transitions = [of('apk-add', 'started', 5)];
    expect(stageTimelines({ stages: [apk], transitions })).toMatchObject([
      { intervals: [{ fromMs: 5, toMs: null }], finishedAtMs: null },
    ]);
  });

  it('is the same when observations come twice or out of order', () => {
    const once = [
      of('apk-add', 'started', 5),
      of('apk-add', 'finished', 9),
      of('npm-install', 'started', 9),
      of('npm-install', 'finished', 12),
    ];
    const told = stageTimelines({ stages: [apk, npm], transitions: once, endedAtMs: 30 });
    expect(stageTimelines({ stages: [apk, npm], transitions: [...once, ...once], endedAtMs: 30 })).toEqual(told);
    expect(stageTimelines({ stages: [apk, npm], transitions: once.toReversed(), endedAtMs: 30 })).toEqual(told);
  });

  it('is empty for a stage that never started', () => {
    expect(stageTimelines({ stages: [apk], transitions: [job('started', 1)], endedAtMs: 30 })).toEqual([
      { stage: 'apk-add', state: 'not-started', intervals: [], startedAtMs: null, finishedAtMs: null },
    ]);
  });

  it('counts a pull that failed and then worked as passed, with both intervals', () => {
    const image = 'alpine';
    const transitions = [
      of('image-pull', 'started', 1, { image }),
      of('image-pull', 'failed', 3, { image, reason: 'ErrImagePull' }),
      of('image-pull', 'started', 8, { image }),
      of('image-pull', 'finished', 9, { image }),
    ];
    const [pulls] = stageTimelines({ stages: [{ ...pull, images: [image] }], transitions, endedAtMs: 30 });
    expect(pulls).toMatchObject({ state: 'passed', intervals: [{ toMs: 3 }, { fromMs: 8 }] });
    expect(pulls).not.toHaveProperty('reason');
  });

  it('says how many images are there while some are still to be pulled, unless the Job finished', () => {
    const transitions = [
      of('image-pull', 'started', 1, { image: 'alpine' }),
      of('image-pull', 'finished', 3, { image: 'alpine' }),
    ];
    expect(stageTimelines({ stages: [pull], transitions, endedAtMs: 30 })).toMatchObject([
      { state: 'running', reason: '1 of 2 images pulled' },
    ]);
    expect(
      stageTimelines({ stages: [pull], transitions: [...transitions, job('finished', 9)], endedAtMs: 30 }),
    ).toMatchObject([{ state: 'passed' }]);
  });

  it.each([
    ['a later start, however much later', 10_000, 70_400, 70_400],
    ['an earlier start', 10_000, 9_200, 9_200],
    ['an earlier start by 5 s at most', 30_000, 9_500, 25_000],
    ['a start before the end of what came before', 10_000, 7_900, 8_000],
    ['a start after the end', 10_000, 90_000, 80_000],
  ])('is corrected by a start told with the end: %s', (_, startedMs, startedAtMs, fromMs) => {
    const transitions = [
      of('apk-add', 'started', 1_000),
      of('apk-add', 'finished', 8_000),
      of('npm-install', 'started', startedMs),
      of('npm-install', 'finished', 80_000, { startedAtMs }),
    ];
    const [, npmInstall] = stageTimelines({ stages: [apk, npm], transitions, endedAtMs: 99_000 });
    expect(npmInstall?.intervals).toEqual([{ stage: 'npm-install', fromMs, toMs: 80_000 }]);
    expect(stageTimelines({ stages: [apk, npm], transitions: transitions.toReversed(), endedAtMs: 99_000 })[1]).toEqual(
      npmInstall,
    );
  });

  it('begins with the start told with its end when no other was seen', () => {
    const transitions = [of('apk-add', 'finished', 8_000), of('npm-install', 'failed', 15_000, { startedAtMs: 9_100 })];
    expect(stageTimelines({ stages: [npm], transitions, endedAtMs: 99_000 })).toMatchObject([
      { startedAtMs: 9_100, finishedAtMs: 15_000 },
    ]);
  });

  it('begins where the one before it ended, when it is stamped with the whole second of that', () => {
    const transitions = [
      of('apk-add', 'started', 1_000),
      of('apk-add', 'finished', 5_340),
      of('npm-install', 'started', 5_000),
    ];
    const [apkAdd, npmInstall] = stageTimelines({ stages: [apk, npm], transitions, endedAtMs: 9_000 });
    expect(apkAdd?.intervals).toEqual([{ stage: 'apk-add', fromMs: 1_000, toMs: 5_340 }]);
    expect(npmInstall?.intervals).toEqual([{ stage: 'npm-install', fromMs: 5_340, toMs: 9_000 }]);
  });

  it('has an interval for each Pod when one replaced the other and nobody told how the first one ended', () => {
    const transitions = [
      of('npm-install', 'started', 5_000),
      of('npm-install', 'started', 9_000),
      of('npm-install', 'finished', 12_500, { startedAtMs: 9_300 }),
    ];
    const [npmInstall] = stageTimelines({ stages: [npm], transitions, endedAtMs: 30_000 });
    expect(npmInstall).toMatchObject({ state: 'passed', startedAtMs: 5_000, finishedAtMs: 12_500 });
    expect(npmInstall?.intervals).toEqual([
      { stage: 'npm-install', fromMs: 5_000, toMs: 9_000 },
      { stage: 'npm-install', fromMs: 9_300, toMs: 12_500 },
    ]);
  });

  it('takes two starts within a second for one told twice', () => {
    const transitions = [
      of('apk-add', 'started', 5_000),
      of('apk-add', 'started', 5_700),
      of('apk-add', 'finished', 9_000),
    ];
    expect(stageTimelines({ stages: [apk], transitions, endedAtMs: 30_000 })[0]?.intervals).toEqual([
      { stage: 'apk-add', fromMs: 5_000, toMs: 9_000 },
    ]);
  });

  it('has an interval for each of two containers that pull one image', () => {
    const image = 'alpine';
    const transitions = [
      of('image-pull', 'started', 1_000, { image }),
      of('image-pull', 'finished', 3_000, { image }),
      of('apk-add', 'started', 3_000),
      of('apk-add', 'finished', 9_000),
      of('image-pull', 'finished', 10_000, { image, startedAtMs: 9_100 }),
    ];
    const [pulls] = stageTimelines({ stages: [{ ...pull, images: [image] }, apk], transitions, endedAtMs: 30_000 });
    expect(pulls?.intervals).toMatchObject([
      { fromMs: 1_000, toMs: 3_000 },
      { fromMs: 9_100, toMs: 10_000 },
    ]);
  });

  it('takes no time for an image that was there already', () => {
    const present = { mode: 'present', durationMs: null, durationWithQueueMs: null, sizeBytes: null } as const;
    const transitions = [job('started', 0), of('image-pull', 'finished', 4_000, { image: 'alpine', pull: present })];
    expect(stageTimelines({ stages: [pull], transitions, endedAtMs: 30_000 })).toMatchObject([
      { intervals: [{ fromMs: 4_000, toMs: 4_000 }] },
    ]);
  });
});
