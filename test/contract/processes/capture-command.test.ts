import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type CaptureRequest, captureCommand } from '../../../src/processes/capture-command.ts';
import { findMarkedProcesses } from '../../../src/processes/end-processes.ts';

const env = { PATH: process.env['PATH'] ?? '' };

function capture(script: string, overrides: Partial<CaptureRequest> = {}) {
  return captureCommand({
    command: ['sh', '-c', script],
    env,
    timeoutMs: 30_000,
    maxBytes: 1_000_000,
    ...overrides,
  });
}

test('input goes in and output comes out byte by byte, errors apart from it', async () => {
  const input = randomBytes(300_000);
  const result = await capture('cat; echo why >&2; exit 3', { input });
  expect(result.output.equals(input)).toBe(true);
  expect(result).toMatchObject({ ended: 'by-itself', exit: { code: 3 }, errorTail: 'why\n' });
});

test('a program that does not read its input is not waited for', async () => {
  expect(await capture('exit 0', { input: randomBytes(1_000_000) })).toMatchObject({ exit: { code: 0 } });
});

test('a program that writes more than it may is ended, and what came within the bound is kept', async () => {
  const result = await capture('while :; do echo endless; done', { maxBytes: 1_000 });
  expect(result.ended).toBe('too-much');
  expect(result.output.toString()).toBe('endless\n'.repeat(125));
});

test('a program that ends by itself with too much is told apart from one that had as much as it may', async () => {
  expect((await capture('printf 12345', { maxBytes: 5 })).ended).toBe('by-itself');
  expect((await capture('printf 123456', { maxBytes: 5 })).ended).toBe('too-much');
});

test('of a program that takes too long nothing is left, not even what has gone its own way', async () => {
  const marked = { name: 'CAPTURE_TEST', value: randomBytes(8).toString('hex') };
  const result = await capture('setsid sleep 300 & trap "" TERM; echo begun; while :; do sleep 300; done', {
    env: { ...env, [marked.name]: marked.value },
    timeoutMs: 2_000,
  });
  expect(result).toMatchObject({ ended: 'timeout', output: Buffer.from('begun\n') });
  expect(findMarkedProcesses(marked)).toEqual([]);
});

test('an abort ends it', async () => {
  const abort = new AbortController();
  const waiting = capture('sleep 300', { signal: abort.signal });
  abort.abort();
  expect((await waiting).ended).toBe('aborted');
});

test('only the end of the errors is kept', async () => {
  const { errorTail } = await capture('i=0; while [ $i -lt 1000 ]; do echo "line $i" >&2; i=$((i + 1)); done');
  expect(Buffer.byteLength(errorTail)).toBe(4_096);
  expect(errorTail.endsWith('line 998\nline 999\n')).toBe(true);
});

test('a program that is not there is the caller’s error', async () => {
  await expect(capture('', { command: ['no-such-program-here'] })).rejects.toMatchObject({ code: 'ENOENT' });
});
