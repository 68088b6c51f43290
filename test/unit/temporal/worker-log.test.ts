import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { INVALID_INPUT } from '../../../src/errors/failure-types.ts';
import { type LogEntry, logLine } from '../../../src/temporal/worker-log.ts';

const AT = { level: 'WARN', timestampNanos: BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n } as const;
const OF_POLL = { sdkComponent: 'worker', activityType: 'poll', workflowId: 'proxybench-run-one', attempt: 2 };

function lineOf(entry: Pick<LogEntry, 'message' | 'meta'>): string {
  return logLine({ ...AT, ...entry });
}

describe("a line of the worker's log", () => {
  test('tells a foreseen failure by its message alone, and what of', () => {
    const error = ApplicationFailure.nonRetryable('there is no such target', INVALID_INPUT);
    expect(lineOf({ message: 'Activity failed', meta: { ...OF_POLL, error } })).toBe(
      '2026-01-01T00:00:00.000Z WARN Activity failed: poll of proxybench-run-one, attempt 2: there is no such target',
    );
  });

  test('has the stack of what nobody foresaw', () => {
    const line = lineOf({
      message: 'Activity failed',
      meta: { ...OF_POLL, error: new TypeError('x is not a function') },
    });
    expect(line).toContain('attempt 2: TypeError: x is not a function\n    at ');
    expect(line).toContain('worker-log.test.ts');
  });

  test('keeps what the SDK says of itself', () => {
    expect(lineOf({ message: 'Poll failed', meta: { sdkComponent: 'core', code: 14 } })).toBe(
      "2026-01-01T00:00:00.000Z WARN Poll failed: { sdkComponent: 'core', code: 14 }",
    );
    expect(lineOf({ message: 'Shutting down' })).toBe('2026-01-01T00:00:00.000Z WARN Shutting down');
  });
});
