import { describe, expect, it } from 'vitest';
import {
  ERROR_CLASSES,
  type LoadReport,
  MAX_LOAD_REPORT_BYTES,
  MAX_STATUSES,
  TIME_FIELDS,
  type Times,
  parseLoadReport,
  writeLoadReport,
} from '../../../src/load/load-report.ts';
import { readStageReport } from '../../../src/cluster/kubernetes/termination-message.ts';
import { reportOf } from '../../../src/load/report-of.ts';
import { readLoadSettings } from '../../../src/load/read-load-settings.ts';
import { addTally, emptyTally, tallyExchange } from '../../../src/load/tally.ts';
import { exchangeWith } from '../../support/modelled-lanes.ts';

const SETTINGS = readLoadSettings({ url: 'http://127.0.0.1/', values: { requests: '10', rate: '5' } });

/** One whole answer, one that was not, one of status 500. */
function someTally() {
  const tally = emptyTally();
  tally.requests = 3;
  tally.fromMs = 0;
  tallyExchange(tally, exchangeWith({ connectedMs: 1.5 }), 0);
  tallyExchange(tally, exchangeWith({ failure: 'reset', message: 'read ECONNRESET' }), 0);
  tallyExchange(tally, exchangeWith({ status: 500, endedMs: 4 }), 0);
  return tally;
}

function someReport(): LoadReport {
  return reportOf({ settings: SETTINGS, tally: someTally() });
}

describe('the report of a load', () => {
  it('has its counts from what happened, and its times from whole answers only', () => {
    const report = someReport();
    expect(report).toMatchObject({
      shape: 'open',
      requests: 3,
      completed: 2,
      failed: 2,
      errors: { refused: 0, reset: 1, timeout: 0, malformed: 0, status: 1, other: 0 },
      statuses: { '200': 1, '500': 1 },
      durationMs: 4,
      requestsPerSecond: 500,
      receivedBytes: 300,
      transferBytesPerSecond: 75_000,
      examples: { reset: 'read ECONNRESET', status: 'answered 500' },
    });
    expect([report.total.minMs, report.total.p99Ms, report.total.maxMs]).toEqual([3, 4.001, 4.001]);
    // Only one of them opened a connection.
    expect([report.connect.minMs, report.connect.maxMs]).toEqual([0.5, 0.5]);
    expect(report.processing.minMs).toBe(1.5);
    expect(report.waiting.minMs).toBe(1);
  });

  it('is read back as it was written', () => {
    expect(parseLoadReport(writeLoadReport(someReport()))).toEqual(someReport());
    const cancelled = { ...someReport(), requests: 5, cancelled: true as const, abandoned: 2 };
    expect(parseLoadReport(writeLoadReport(cancelled))).toEqual(cancelled);
  });

  it('fits a shared termination message at its longest, without its examples if need be', () => {
    const times = Object.fromEntries(TIME_FIELDS.map((field) => [field, 3_599_999.999])) as Times;
    const statuses = Object.fromEntries(
      Array.from({ length: MAX_STATUSES }, (_each, index) => [String(200 + index), 999_999_999]),
    );
    const longest: LoadReport = {
      ...someReport(),
      ...{ requests: 1_000_000_000, completed: 999_999_999, statuses: { ...statuses, other: 999_999_999 } },
      ...{ connect: times, processing: times, waiting: times, total: times },
      ...{ receivedBytes: 999_999_999_999_999, transferBytesPerSecond: 999_999_999_999.999 },
      examples: Object.fromEntries(ERROR_CLASSES.map((name) => [name, 'x'.repeat(80)])),
    };
    const text = writeLoadReport(longest);
    expect(text.length).toBeLessThanOrEqual(MAX_LOAD_REPORT_BYTES);
    expect(JSON.parse(text)).not.toHaveProperty('examples');
    expect(JSON.parse(writeLoadReport(someReport()))).toHaveProperty('examples');
  });

  it('of one container of six reaches whoever reads its termination message', () => {
    const text = `${'x'.repeat(MAX_LOAD_REPORT_BYTES)}\n`;
    const times = `"startedAtNs":"1795297319241000000","endedAtNs":"1795297319241000000"`;
    const line = `{"proxybench":1,${times},"exitCode":0,"reportBytes":${text.length}}`;
    const message = `${line}\n${text}\n`.slice(0, (12 * 1_024) / 6);
    expect(readStageReport({ message })).toBe(text.trimEnd());
  });

  it('says zero, and no number that is none, when nothing was measured', () => {
    const report = reportOf({ settings: SETTINGS, tally: emptyTally() });
    expect(report).toMatchObject({ requests: 0, durationMs: 0, requestsPerSecond: 0, transferBytesPerSecond: 0 });
    expect(Object.values(report.total)).toEqual(TIME_FIELDS.map(() => 0));
    expect(parseLoadReport(writeLoadReport(report))).toEqual(report);
  });

  it.each<readonly [string, (report: Record<string, unknown>) => void]>([
    ['another version', (report) => (report['version'] = 2)],
    ['an unknown shape', (report) => (report['shape'] = 'half-open')],
    ['a missing field', (report) => delete report['completed']],
    ['a count below zero', (report) => (report['receivedBytes'] = -1)],
    ['half a request', (report) => (report['requests'] = 3.5)],
    ['a number as text', (report) => (report['durationMs'] = '4')],
    ['a time that is none', (report) => (report['total'] = { minMs: 1 })],
    ['failures that are not the sum of the errors', (report) => (report['failed'] = 1)],
    ['answers that are not the sum of the statuses', (report) => (report['statuses'] = { '200': 1 })],
    ['requests that nothing became of', (report) => (report['requests'] = 4)],
    ['a status that is none', (report) => (report['statuses'] = { '200': 1, __proto: 1 })],
    ['an example that is no text', (report) => (report['examples'] = { reset: 1 })],
    ['a load that was not cancelled and says so', (report) => (report['cancelled'] = false)],
  ])('with %s is none', (_name, change) => {
    const report = JSON.parse(writeLoadReport(someReport())) as Record<string, unknown>;
    change(report);
    expect(parseLoadReport(JSON.stringify(report))).toBeNull();
  });

  it.each(['', 'null', '[]', '{}', '"x"', `${writeLoadReport(someReport())}}`, 'x'.repeat(10_000)])(
    'is not what %j is',
    (text) => expect(parseLoadReport(text)).toBeNull(),
  );

  it('leaves out what it does not know', () => {
    const text = JSON.stringify({ ...someReport(), later: 1 });
    expect(parseLoadReport(text)).toEqual(someReport());
  });
});

describe('what a load has measured', () => {
  it('takes the same room after many requests of many kinds as after few', () => {
    const tally = emptyTally();
    for (let index = 0; index < 100_000; index++) {
      tally.requests += 1;
      const failure = index % 2 === 0 ? 'malformed' : null;
      tallyExchange(tally, exchangeWith({ status: 100 + (index % 500), failure, message: `line ${index} ü` }), null);
    }
    expect(Object.keys(tally.statuses).length).toBe(MAX_STATUSES + 1);
    expect(Object.values(tally.statuses).reduce((sum, each) => sum + each, 0)).toBe(50_000);
    expect(tally.examples).toEqual({ malformed: 'line 0 ?', status: 'answered 101' });
    expect(tally.times.total.count).toBe(50_000);
    expect(writeLoadReport(reportOf({ settings: SETTINGS, tally })).length).toBeLessThan(MAX_LOAD_REPORT_BYTES);
  });

  it('of several threads adds up to what one would have measured', () => {
    const sum = emptyTally();
    const other = someTally();
    other.fromMs = 2;
    addTally(sum, someTally());
    addTally(sum, other);
    const report = reportOf({ settings: SETTINGS, tally: sum });
    expect(report).toMatchObject({
      requests: 6,
      completed: 4,
      failed: 4,
      statuses: { '200': 2, '500': 2 },
      durationMs: 4,
    });
    for (const field of ['minMs', 'meanMs', 'sdMs', 'p50Ms', 'maxMs'] as const)
      expect(report.total[field]).toBe(someReport().total[field]);
    expect(parseLoadReport(writeLoadReport(report))).toEqual(report);
  });
});
