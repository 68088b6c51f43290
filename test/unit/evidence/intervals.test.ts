import { describe, expect, it } from 'vitest';
import type { Transition } from '../../../src/evidence/evidence.ts';
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
        { stage: 'image-pull', fromMs: 1, toMs: 5 },
        { stage: 'image-pull', fromMs: 10, toMs: 20 },
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
});
