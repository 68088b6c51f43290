import { expect, test } from 'vitest';
import { identifyProcess } from '../../../src/processes/process-identity.ts';
import { runCommand } from '../../../src/processes/run-command.ts';

const env = { PATH: '/usr/bin:/bin' };
const timeoutMs = 20_000;

test('the lines of both outputs are heard and the last ones kept', async () => {
  const heard: string[] = [];
  const run = await runCommand({
    command: ['sh', '-c', 'echo one; echo two >&2; printf three'],
    env,
    timeoutMs,
    keepLines: 2,
    onLine: (line) => heard.push(line),
  });
  expect([...heard].sort()).toEqual(['one', 'three', 'two']);
  expect(run.lines).toEqual(heard.slice(-2));
});

test('a bad exit code is an answer', async () => {
  const run = await runCommand({ command: ['sh', '-c', 'exit 7'], env, timeoutMs });
  expect(run).toEqual({ ended: 'by-itself', exit: { code: 7, signal: null }, lines: [] });
});

test('a program that is not there is told by the system’s own error', async () => {
  await expect(runCommand({ command: ['no-such-program-here'], env, timeoutMs })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('an abort ends the program and everything it has started', async () => {
  const controller = new AbortController();
  const pids: number[] = [];
  const run = await runCommand({
    command: ['sh', '-c', 'sleep 300 & echo $!; wait'],
    env,
    timeoutMs,
    signal: controller.signal,
    onLine: (line) => {
      pids.push(Number(line));
      controller.abort();
    },
  });
  expect(run.ended).toBe('aborted');
  expect(pids.map(identifyProcess)).toEqual([null]);
});

test('a program that takes too long is ended', async () => {
  const run = await runCommand({ command: ['sleep', '300'], env, timeoutMs: 50 });
  expect(run).toEqual({ ended: 'timeout', exit: { code: null, signal: 'SIGTERM' }, lines: [] });
});

test('what a finished program left running is ended with it', async () => {
  const run = await runCommand({ command: ['sh', '-c', 'sleep 300 & echo $!'], env, timeoutMs });
  expect(run.ended).toBe('by-itself');
  expect(identifyProcess(Number(run.lines[0]))).toBeNull();
});
