import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  EXIT_CODES,
  exitCodeOfError,
  exitCodeOfOutcome,
  exitCodesPage,
  strongestExitCode,
} from '../../../src/cli/exit-codes.ts';
import { reportExitCode } from '../../../src/cli/report-exit-code.ts';
import { InfrastructureError, InvalidInputError, UnreachableError } from '../../../src/errors/errors.ts';
import { resultRow } from '../../../src/evidence/result-row.ts';
import { buildResult } from '../../support/result-builder.ts';

describe('exit codes', () => {
  it('give every outcome a code of its own', () => {
    const outcomes = ['passed', 'failed', 'deadline', 'cancelled', 'evidence-incomplete', 'unreachable'] as const;
    expect(outcomes.map(exitCodeOfOutcome)).toEqual([0, 3, 4, 5, 6, 7]);
  });

  it('tell bad input, an unreachable place and a fault of the program apart', () => {
    expect(
      [
        new InvalidInputError([]),
        new UnreachableError('x', 'y'),
        new InfrastructureError('x'),
        new TypeError('x'),
        'x',
      ].map(exitCodeOfError),
    ).toEqual([2, 7, 1, 1, 1]);
  });

  it('let the strongest of several runs decide', () => {
    expect(strongestExitCode([0, 5, 3, 7])).toBe(3);
    expect(strongestExitCode([0, 5])).toBe(5);
    expect(strongestExitCode([0, 0])).toBe(0);
    expect(strongestExitCode([])).toBe(0);
  });

  it('are each used once', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('stand in docs/exit-codes.md as the list has them (else: node scripts/generate-exit-codes.ts)', () => {
    expect(readFileSync(new URL('../../../docs/exit-codes.md', import.meta.url), 'utf8')).toBe(exitCodesPage());
  });
});

describe('the exit code of a report', () => {
  const error = (kind: 'invalid-input' | 'unreachable' | 'internal' | 'no-verdict') => ({ kind, message: '' });

  it('is that of the verdict where there is one', () => {
    const row = { ...resultRow(buildResult()), state: 'deadline' as const };
    expect(reportExitCode({ row, error: null, state: 'deadline' })).toBe(4);
  });

  it('is that of the reason where there is no verdict', () => {
    expect(reportExitCode({ row: null, error: error('invalid-input'), state: 'error' })).toBe(2);
    expect(reportExitCode({ row: null, error: error('unreachable'), state: 'error' })).toBe(7);
    expect(reportExitCode({ row: null, error: error('internal'), state: 'error' })).toBe(1);
    expect(reportExitCode({ row: null, error: error('no-verdict'), state: 'terminated' })).toBe(6);
    expect(reportExitCode({ row: null, error: error('no-verdict'), state: 'cancelled' })).toBe(5);
  });

  it('is 0 while the run goes on', () => {
    expect(reportExitCode({ row: null, error: null, state: 'running' })).toBe(0);
  });
});
