import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { renderPlan } from '../../../../src/config/render-plan.ts';
import { parseLoadReport } from '../../../../src/load/load-report.ts';
import { ENTER_STAGE } from '../../../../src/profiles/enter-stage.ts';
import { SHIPPED_CONFIG_DIR } from '../../../support/config-dir.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const PROGRAMS = fileURLToPath(new URL('../../../../programs', import.meta.url));
const PROFILE = 'metadata-proxy-small';

it('a load that is stopped on a cluster leaves its report among the last words of its container', async () => {
  const dir = temporaryDirectory('stopped-load');
  const work = join(dir, 'work');
  mkdirSync(work);
  const { connected, firstPort } = await mute();

  const stage = spawn('sh', ['-c', ENTER_STAGE, join(dir, 'files'), join(dir, 'log'), ...(await loadOn(firstPort))], {
    cwd: work,
    env: {
      PATH: `${PROGRAMS}:${process.env['PATH']}`,
      PROXYBENCH_NODE: process.execPath,
      HOME: join(work, '.home'),
      TMPDIR: join(work, '.tmp'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void stage.kill('SIGKILL'));
  await connected;
  stage.kill('SIGTERM');
  const [code] = (await once(stage, 'exit')) as [number | null];

  expect(code).toBe(5);
  const [line = '', report = ''] = readFileSync(join(dir, 'log'), 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({ exitCode: 5 });
  expect(parseLoadReport(report)).toMatchObject({ cancelled: true, requests: 100, abandoned: 100 });
});

/** Takes connections where the first proxy would listen, and says nothing. */
async function mute(): Promise<{ readonly connected: Promise<unknown>; readonly firstPort: number }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on('connection', (socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    if (++count === 100) resolve();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return { connected: promise, firstPort: address.port - 1 };
}

/** The argv of the first load, as the plan has it. */
async function loadOn(firstPort: number): Promise<readonly string[]> {
  const config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
  const profile = config.profiles[PROFILE];
  if (profile?.kind !== 'metadata-proxy') throw new Error(`${PROFILE} is of another kind`);
  const changed = { ...profile, metadataProxy: { ...profile.metadataProxy, firstPort } };
  const plan = renderPlan({
    config: { ...config, profiles: { [PROFILE]: changed } },
    request: { target: 'local', profile: PROFILE },
    runId: 'run-1',
  });
  return plan.stages[0]?.command ?? [];
}
