import { expect, test } from 'vitest';
import { controlRecording } from '../../../../src/cluster/trans/control-recording.ts';
import type { Recorder, SpoolReading } from '../../../../src/cluster/trans/recorder.ts';

test('a backlog of large answers is fetched in pieces that can be unpacked, and caught up with', async () => {
  const pieces = 60;
  const asked: number[] = [];
  /** Sixty pieces of one answer each, of which seven can be unpacked together. */
  const recorder: Pick<Recorder, 'read'> = {
    read: ({ afterSequence, maxPieces }: SpoolReading) => {
      asked.push(maxPieces);
      const count = Math.min(maxPieces, pieces - afterSequence);
      const stands = { state: 'ended', spool: '1', lastSequence: pieces, nowMs: 0 } as const;
      if (count > 7) return Promise.resolve({ ...stands, answers: [], tooManyPieces: count });
      const answers = Array.from({ length: count }, (_, index) => {
        const sequence = afterSequence + index + 1;
        return { sequence, atMs: sequence, body: '{}' };
      });
      return Promise.resolve({ ...stands, answers });
    },
  };
  const recording = controlRecording({ recorder: recorder as Recorder, secret: undefined, paceMs: 0 });
  const seen: number[] = [];
  for await (const { sequence } of recording.answers({ afterSequence: 0, signal: new AbortController().signal })) {
    seen.push(sequence);
  }
  expect(seen).toEqual(Array.from({ length: pieces }, (_, index) => index + 1));
  expect(asked).toEqual([60, 30, 15, ...Array.from({ length: 9 }, () => 7)]);
});
