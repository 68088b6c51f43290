import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startBackgroundService } from '../../../src/processes/background-service.ts';
import type { ServiceRequest } from '../../../src/processes/background-service.ts';
import { identifyProcess } from '../../../src/processes/process-identity.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function service(script: string): ServiceRequest & { readonly directory: string } {
  const directory = temporaryDirectory('service');
  return {
    directory,
    name: 'The test service',
    command: ['sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: directory,
    logFile: join(directory, 'service.log'),
    isReady: async () => existsSync(join(directory, 'up')),
    readyWithinMs: 20_000,
    stopGraceMs: 5_000,
  };
}

test('it is handed over once it answers, and gone once stopped', async () => {
  const running = await startBackgroundService(service('echo hello; touch up; sleep 300'));
  expect(identifyProcess(running.pid)?.pid).toBe(running.pid);
  expect(readFileSync(running.logFile, 'utf8')).toBe('hello\n');
  await running.stop();
  expect(identifyProcess(running.pid)).toBeNull();
  expect(await running.exited).toEqual({ code: null, signal: 'SIGTERM' });
  await running.stop();
});

test('one that ends instead of answering is told with the end of its log', async () => {
  const request = service('echo port is taken; exit 1');
  await expect(startBackgroundService(request)).rejects.toThrow(
    `The test service ended by itself. The end of its log ${request.logFile}:\n  port is taken`,
  );
});

test('one that stays silent is ended', async () => {
  const request = { ...service('echo $$ > pid; exec sleep 300'), readyWithinMs: 3_000 };
  await expect(startBackgroundService(request)).rejects.toThrow(/^The test service did not answer within 3 s/);
  expect(identifyProcess(Number(readFileSync(join(request.directory, 'pid'), 'utf8')))).toBeNull();
});

test('a place where somebody else answers already is left alone', async () => {
  const request = service('touch started');
  await expect(startBackgroundService({ ...request, isReady: async () => true })).rejects.toThrow(
    'The test service cannot be started: something else answers in its place already',
  );
  expect(existsSync(join(request.directory, 'started'))).toBe(false);
});

test('an answer that comes from somebody else meanwhile does not hide that it has ended', async () => {
  const request = service('exit 1');
  let asked = 0;
  const isReady = async (): Promise<boolean> => {
    asked += 1;
    if (asked === 1) return false;
    await setTimeout(2_000);
    return true;
  };
  await expect(startBackgroundService({ ...request, isReady })).rejects.toThrow('The test service ended by itself');
});

test.each([
  ['exits', 'process.exit(0)'],
  ['is killed', "process.kill(process.pid, 'SIGKILL')"],
])('a parent that %s without stopping it takes it along', async (_how, last) => {
  const source = new URL('../../../src/processes/background-service.ts', import.meta.url).href;
  const logFile = join(temporaryDirectory('parent'), 'log');
  const parent = `
    import { writeSync } from 'node:fs';
    import { startBackgroundService } from ${JSON.stringify(source)};
    const running = await startBackgroundService({ name: 'x', command: ['sleep', '300'], env: { PATH: '/usr/bin:/bin' }, cwd: '/',
      logFile: ${JSON.stringify(logFile)}, isReady: (() => { let asked = 0; return async () => (asked += 1) > 1; })(), readyWithinMs: 1000, stopGraceMs: 0 });
    writeSync(1, String(running.pid));
    ${last};`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(await text(child.stdout));
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => identifyProcess(pid), { timeout: 10_000 }).toBeNull();
});
