import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { STOPPED_ANNOTATION } from '../../../../src/cluster/kubernetes/annotation-keys.ts';
import { entriesAtStop, historyOf } from '../../../../src/cluster/kubernetes/job-history.ts';
import { stageContainers } from '../../../../src/cluster/kubernetes/kube-objects.ts';
import { decodeStoppedRecord, encodeStoppedRecord } from '../../../../src/cluster/kubernetes/stopped-record.ts';
import { pageAfter } from '../../../../src/cluster/kubernetes/transition-page.ts';
import { readRecording } from '../../../support/kubernetes-recording.ts';

const recording = readRecording('no-such-image');
const containers = stageContainers(recording.job);
const history = historyOf(recording);
const askedAtMs = recording.nowMs;
const entries = entriesAtStop({ history, endedAtMs: askedAtMs + 1_500 });
const record = {
  askedAtMs,
  endedAtMs: askedAtMs + 1_500,
  pod: history.pod,
  entries,
  log: { stage: 'one', text: 'ready\n', truncated: false },
};

test('a record says the same when it is read as when it was written', () => {
  expect(decodeStoppedRecord({ text: encodeStoppedRecord(record), containers })).toEqual(record);
});

test('a record has 3 KiB at the most, and keeps the end of a long log', () => {
  const lines = Array.from({ length: 900 }, (_, line) => `line ${line} "äöü€" \u0007\n`).join('');
  const text = encodeStoppedRecord({ ...record, log: { stage: 'one', text: lines, truncated: false } });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3_072);
  expect(Buffer.byteLength(text)).toBeGreaterThan(3_040);
  const { log, entries: kept } = decodeStoppedRecord({ text, containers }) ?? {};
  expect(kept).toEqual(entries);
  expect(log?.truncated).toBe(true);
  expect(lines.endsWith(log?.text ?? 'nothing')).toBe(true);
});

test('a record with more reasons than fit keeps them short, and every transition', () => {
  const long = entries.map((entry) => ({ ...entry, transition: { ...entry.transition, reason: 'x'.repeat(300) } }));
  const many = [...long, ...long, ...long];
  const text = encodeStoppedRecord({ ...record, entries: many });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3_072);
  expect(decodeStoppedRecord({ text, containers })?.entries).toHaveLength(many.length);
});

test.each([undefined, '', 'null', '{}', '{"v":2}', '{"v":1,"at":'])('%j is no record', (text) => {
  expect(decodeStoppedRecord({ text, containers })).toBeNull();
});

test('a stop closes what was open, as stopped', () => {
  const running = historyOf(readRecording('running'));
  const closed = entriesAtStop({ history: running, endedAtMs: running.entries.at(-1)?.transition.atMs ?? 0 });
  expect(closed.slice(running.entries.length)).toMatchObject([
    { key: '1x', transition: { stage: 'two', phase: 'failed', reason: 'stopped' } },
  ]);
});

test('a stopped Job without Pods tells its whole course from the record, from any cursor', () => {
  const stopped = readRecording('suspended');
  Object.assign(stopped.job.metadata ?? {}, { annotations: { [STOPPED_ANNOTATION]: encodeStoppedRecord(record) } });
  const told = historyOf(stopped);
  expect(told).toMatchObject({ job: 'stopped', endedAtMs: record.endedAtMs, endReason: 'stopped' });
  expect(told.entries.map(({ key }) => key)).toEqual([...entries.map(({ key }) => key), 'J']);
  const before = pageAfter({ history, cursor: null });
  // The failed pull had ended the Job as far as this cursor goes.
  expect(pageAfter({ history: told, cursor: before.cursor })).toMatchObject({ job: 'stopped', transitions: [] });
  expect(pageAfter({ history: told, cursor: null }).transitions).toHaveLength(entries.length + 1);
});

test('a stop that was cut off before it was written down is one all the same', () => {
  const stopped = readRecording('suspended');
  const text = encodeStoppedRecord({ ...record, endedAtMs: null });
  Object.assign(stopped.job.metadata ?? {}, { annotations: { [STOPPED_ANNOTATION]: text } });
  expect(historyOf(stopped)).toMatchObject({ job: 'stopped', endedAtMs: expect.any(Number) });
  const letGo = readRecording('let-go');
  Object.assign(letGo.job.metadata ?? {}, { annotations: { [STOPPED_ANNOTATION]: encodeStoppedRecord(record) } });
  expect(historyOf(letGo)).toMatchObject({ job: 'stopped', endedAtMs: record.endedAtMs });
});
