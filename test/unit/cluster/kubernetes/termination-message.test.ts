import { expect, test } from 'vitest';
import { readStageReport, readTerminationMessage } from '../../../../src/cluster/kubernetes/termination-message.ts';

const SECOND = Date.parse('2026-11-21T17:38:30Z');
const times = { startedAt: '2026-11-21T17:38:30Z', finishedAt: '2026-11-21T17:38:33Z' };

function line(input: { readonly fromMs: number; readonly toMs: number }): string {
  const ns = (ms: number): string => `${ms}000000`;
  return `{"proxybench":1,"startedAtNs":"${ns(input.fromMs)}","endedAtNs":"${ns(input.toMs)}","exitCode":0}\n`;
}

test('a message that agrees with the kubelet tells start and end to the millisecond', () => {
  const message = line({ fromMs: SECOND + 250, toMs: SECOND + 3_750 });
  expect(readTerminationMessage({ ...times, message })).toEqual({
    startedAtMs: SECOND + 250,
    endedAtMs: SECOND + 3_750,
  });
});

test.each([
  ['1.5 s before the second begins', -1_500, 3_000, true],
  ['more than 1.5 s before it', -1_501, 3_000, false],
  ['1.5 s after its last millisecond', 999 + 1_500, 3_000, true],
  ['more than 1.5 s after it', 999 + 1_501, 3_000, false],
  ['an end 1.5 s after its second', 0, 3_999 + 1_500, true],
  ['an end further off', 0, 3_999 + 1_501, false],
])('a start %s is believed or not', (_, fromMs, toMs, believed) => {
  const message = line({ fromMs: SECOND + fromMs, toMs: SECOND + toMs });
  expect(readTerminationMessage({ ...times, message }) !== null).toBe(believed);
});

test.each([
  ['nothing', undefined],
  ['a log', 'npm error code E404\nnpm error 404 Not Found'],
  [
    'nanoseconds that are none',
    '{"proxybench":1,"startedAtNs":"1795282650%N","endedAtNs":"1795282652%N","exitCode":0}',
  ],
  ['an end before the start', line({ fromMs: SECOND + 900, toMs: SECOND - 100 })],
  ['a line with something added', `${line({ fromMs: SECOND, toMs: SECOND + 3_000 }).trim()} {}`],
  ['4 KiB', 'x'.repeat(4_096)],
])('%s is no such message', (_, message) => {
  expect(readTerminationMessage({ ...times, ...(message === undefined ? {} : { message }) })).toBeNull();
});

const report = '{"requests":200000,"p99Ms":"≤ 150"}\n';

function withReport(bytes: number, rest: string): string {
  const plain = line({ fromMs: SECOND + 250, toMs: SECOND + 3_750 }).trim();
  return `${plain.slice(0, -1)},"reportBytes":${bytes}}\n${rest}`;
}

test('a report follows the line, and the line tells the times as it does alone', () => {
  const message = withReport(Buffer.byteLength(report), report);
  expect(readStageReport({ message })).toBe(report.trim());
  expect(readTerminationMessage({ ...times, message })).toEqual({
    startedAtMs: SECOND + 250,
    endedAtMs: SECOND + 3_750,
  });
});

test('a report of a stage that knew no time is one all the same', () => {
  expect(readStageReport({ message: '{"proxybench":1,"exitCode":3,"reportBytes":2}\n{}' })).toBe('{}');
});

test.each([
  ['that a kubelet has cut', withReport(Buffer.byteLength(report), report.slice(0, -9))],
  ['longer than it may be', withReport(3_073, 'x'.repeat(3_073))],
  ['of nothing', withReport(0, '')],
  ['that no line announces', `${line({ fromMs: SECOND, toMs: SECOND })}${report}`],
  ['in a log', 'npm error code E404\n{"reportBytes":5}\n12345'],
])('a report %s is none', (_, message) => {
  expect(readStageReport({ message })).toBeNull();
});

test('a line that is followed by something it does not announce tells no times', () => {
  const message = `${line({ fromMs: SECOND, toMs: SECOND + 3_000 })}more`;
  expect(readTerminationMessage({ ...times, message })).toBeNull();
});
