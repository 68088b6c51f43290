import { describe, expect, it } from 'vitest';
import type { CompanionReading } from '../../../src/evidence/companion-model.ts';
import { type CompanionProgress, NOTHING_READ } from '../../../src/sampling/companion-progress.ts';
import { runCompanionSampler } from '../../../src/sampling/companion-sampler.ts';
import { buildReading } from '../../support/reading-builder.ts';

type Answer = readonly CompanionReading[] | Error;

/** Answers in turn; once they run out the sampler is told to stop, and the last one is given again. */
async function sampled(input: {
  readonly answers: readonly Answer[];
  readonly earlier?: CompanionProgress;
  readonly last?: Answer;
}) {
  const stop = new AbortController();
  const kept: CompanionProgress[] = [];
  let asked = 0;
  const progress = await runCompanionSampler({
    read: async () => {
      const answer = stop.signal.aborted ? (input.last ?? []) : (input.answers[asked++] ?? []);
      if (asked >= input.answers.length) stop.abort();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    intervalMs: 1,
    signal: stop.signal,
    earlier: input.earlier ?? NOTHING_READ,
    keep: async (latest) => void kept.push(latest),
  });
  return { progress, kept };
}

const at = (atMs: number): readonly CompanionReading[] => [buildReading({ atMs })];
const timesOf = ({ readings }: CompanionProgress): readonly number[] => readings.map(({ atMs }) => atMs);

describe('a sampler of companions', () => {
  it('keeps each round that told something, and takes a last one when it is told to stop', async () => {
    const { progress, kept } = await sampled({ answers: [[], at(100), [], at(300)], last: at(500) });
    expect(timesOf(progress)).toEqual([100, 300, 500]);
    expect(kept.map(({ rounds }) => rounds)).toEqual([1, 2, 3]);
    expect(progress.gaps).toEqual([]);
  });

  it('calls the time before there was anything no gap, and a longer pause after it one', async () => {
    const { progress } = await sampled({ answers: [[], new Error('no such Job'), at(90_000), at(91_999), at(94_000)] });
    expect(progress.gaps).toEqual([
      { fromMs: 91_999, toMs: 94_000, bytes: 0, reason: 'no reading was taken', cause: 'no-sampler' },
    ]);
  });

  it('says of a pause what kept it from reading', async () => {
    const { progress } = await sampled({ answers: [at(1_000), new Error('the API server is away'), at(9_000)] });
    expect(progress.gaps).toMatchObject([
      { reason: 'the companions could not be read: the API server is away', cause: 'proxy-silent' },
    ]);
  });

  it('goes on from what an earlier one saw, and the time in between is a gap', async () => {
    const earlier: CompanionProgress = { readings: at(1_000), gaps: [], rounds: 1 };
    const { progress } = await sampled({ answers: [at(8_000)], earlier });
    expect(timesOf(progress)).toEqual([1_000, 8_000]);
    expect(progress.gaps).toMatchObject([{ fromMs: 1_000, toMs: 8_000, reason: 'no sampler was running' }]);
  });

  it('finds no gap where the target itself wrote down what happened meanwhile', async () => {
    const written = [1_000, 2_500, 4_000, 5_500].map((atMs) => buildReading({ atMs }));
    const { progress } = await sampled({ answers: [at(1_000), written] });
    expect(timesOf(progress)).toEqual([1_000, 2_500, 4_000, 5_500]);
    expect(progress.gaps).toEqual([]);
  });

  it('finds every pause in what was written down while nobody read', async () => {
    const written = [1_000, 2_000, 9_000, 9_500].map((atMs) => buildReading({ atMs }));
    const { progress } = await sampled({ answers: [written] });
    expect(progress.gaps).toMatchObject([{ fromMs: 2_000, toMs: 9_000 }]);
  });

  it('hands over what there was although the last round fails', async () => {
    const { progress } = await sampled({ answers: [at(100)], last: new Error('gone') });
    expect(timesOf(progress)).toEqual([100]);
  });
});
