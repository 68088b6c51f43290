import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runDirectory } from '../../src/cluster/host/run-directory.ts';
import { SEGMENT_BYTES } from '../../src/cluster/host/stage-log.ts';
import { InvalidInputError } from '../../src/errors/errors.ts';
import type { Plan, PlannedProxy } from '../../src/plan/plan.ts';
import { openHostFixture, pathsBelow } from '../support/host-fixture.ts';
import type { HostFixture } from '../support/host-fixture.ts';
import { buildPlan, buildStage } from '../support/plan-builder.ts';
import { readToEnd } from './cluster-contract.ts';

const never = new AbortController().signal;
let fixture: HostFixture;

beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fixture.dispose();
});

async function run(plan: Plan): Promise<string> {
  await fixture.cluster.apply({ plan, signal: never });
  return (await readToEnd({ cluster: fixture.cluster, plan })).job;
}

async function logOf(input: { readonly plan: Plan; readonly stage: string }): Promise<string> {
  const { jobName } = input.plan;
  return (await fixture.cluster.readLog({ namespace: 'default', jobName, stage: input.stage, maxBytes: 100_000 })).text;
}

test('a stage sees nothing of the surroundings but what it needs', async () => {
  vi.stubEnv('PROXYBENCH_TEST_SECRET', 'do not tell');
  vi.stubEnv('HTTPS_PROXY', 'http://user:password@elsewhere:1');
  vi.stubEnv('NODE_OPTIONS', '--no-warnings');
  vi.stubEnv('LANG', 'C');
  vi.stubEnv('SSL_CERT_FILE', '/etc/some-authorities.pem');
  for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'CURL_CA_BUNDLE']) {
    vi.stubEnv(name, undefined);
  }
  const stage = buildStage({
    name: 'only',
    command: ['env'],
    env: [{ name: 'HTTP_PROXY', value: 'http://127.0.0.1:7890' }],
  });
  const plan = { ...fixture.plan({ scripts: {} }), stages: [stage] };
  expect(await run(plan)).toBe('succeeded');
  const work = join(runDirectory({ stateDir: fixture.stateDir, jobName: plan.jobName }).work, 'only');
  expect((await logOf({ plan, stage: 'only' })).trim().split('\n').sort()).toEqual([
    `GIT_CEILING_DIRECTORIES=${work}`,
    `HOME=${join(work, 'home')}`,
    'HTTP_PROXY=http://127.0.0.1:7890',
    'LANG=C',
    `PATH=${process.env['PATH'] ?? ''}`,
    `PROXYBENCH_RUN_ID=${plan.runId}`,
    'PROXYBENCH_STAGE=only',
    'SSL_CERT_FILE=/etc/some-authorities.pem',
    `TMPDIR=${join(work, 'tmp')}`,
  ]);
});

test('each stage starts with an empty home, temporary and working directory', async () => {
  const leave = 'find . "$HOME" "$TMPDIR" -mindepth 1; touch here "$HOME/.npmrc" "$TMPDIR/left"';
  const plan = fixture.plan({ scripts: { one: leave, two: leave } });
  expect(await run(plan)).toBe('succeeded');
  expect(await logOf({ plan, stage: 'two' })).toBe('');
});

test('all that a run writes is its owner’s alone', async () => {
  const plan = fixture.plan({ scripts: { only: 'true' }, stage: { files: { 'a/b': 'c' } } });
  expect(await run(plan)).toBe('succeeded');
  await fixture.cluster.annotate({ namespace: 'default', jobName: plan.jobName, annotations: { a: 'b' } });
  const root = join(fixture.stateDir, 'runs');
  const open = [];
  for (const path of ['.', ...(await pathsBelow(root))]) {
    if (((await lstat(join(root, path))).mode & 0o077) !== 0) {
      open.push(path);
    }
  }
  expect(open).toEqual([]);
  expect((await pathsBelow(root)).filter((path) => path.includes('draft'))).toEqual([]);
});

test('a log that never ends takes a bounded space, and its end can be read', async () => {
  const script = 'i=0; while [ $i -lt 90000 ]; do echo "this is line number $i"; i=$((i+1)); done; echo last';
  const plan = fixture.plan({ scripts: { only: script } });
  expect(await run(plan)).toBe('succeeded');
  const { logs } = runDirectory({ stateDir: fixture.stateDir, jobName: plan.jobName });
  const sizes = await Promise.all((await readdir(logs)).map(async (name) => (await lstat(join(logs, name))).size));
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes)).toBe(SEGMENT_BYTES);
  const tail = await fixture.cluster.readLog({
    namespace: 'default',
    jobName: plan.jobName,
    stage: 'only',
    maxBytes: SEGMENT_BYTES * 4,
  });
  expect(tail.truncated).toBe(true);
  expect(Buffer.byteLength(tail.text)).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(tail.text.endsWith('this is line number 89999\nlast\n')).toBe(true);
});

test('a stage with this clone’s remote mirrors it over HTTP and cannot push to it', async () => {
  expect(await fixture.cluster.whyNoClone()).toBeNull();
  const script = [
    'set -e',
    'case "$GIT_REMOTE" in http://127.0.0.1:*/this-clone.git) ;; *) exit 3 ;; esac',
    'git clone --quiet --mirror "$GIT_REMOTE" mirror.git',
    'cd mirror.git',
    'git remote update --prune >&2',
    'git fsck --connectivity-only 2>/dev/null',
    'if git push "$GIT_REMOTE" HEAD:refs/heads/pushed; then exit 4; fi',
    'git for-each-ref | cut -f1 | sort | sha256sum | cut -c1-64',
  ].join('\n');
  const plan = fixture.plan({ scripts: { mirror: script, after: 'test -z "$GIT_REMOTE"' } });
  const stages = plan.stages.map((stage) => ({ ...stage, serveThisClone: stage.name === 'mirror' }));
  expect(await run({ ...plan, stages })).toBe('succeeded');
  const text = await logOf({ plan, stage: 'mirror' });
  expect(text).toMatch(/403/);
  expect(text.trimEnd()).toMatch(/\n[0-9a-f]{64}$/);
  expect(text).not.toContain(`\n${createHash('sha256').digest('hex')}`);
  expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
  expect(await fixture.running(plan)).toEqual([]);
});

test('a plan that needs a cluster is refused with every reason, and leaves no trace', async () => {
  const plan = buildPlan({
    objects: [{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', namespace: 'b', labels: {} } }],
    stages: [
      buildStage({ name: 'image-pull', kind: 'image-pull', command: [] }),
      buildStage({ name: 'twice' }),
      buildStage({ name: 'twice' }),
      buildStage({ name: '../up' }),
      buildStage({ name: 'mute', command: [] }),
      buildStage({
        name: 'files',
        files: { '../../../job.json': '', '/etc/x': '', 'a/../../b': '', '': '', '.': '', 'fine/./one': '' },
      }),
    ],
  });
  const error: unknown = await fixture.cluster.apply({ plan, signal: never }).catch((thrown: unknown) => thrown);
  expect(error instanceof InvalidInputError ? error.problems.map(({ path, value }) => [path, value]) : error).toEqual([
    ['plan.objects', undefined],
    ['plan.stages[0].kind', 'image-pull'],
    ['plan.stages[2].name', 'twice'],
    ['plan.stages[3].name', '../up'],
    ['plan.stages[4].command', []],
    ['plan.stages[5].files', '../../../job.json'],
    ['plan.stages[5].files', '/etc/x'],
    ['plan.stages[5].files', 'a/../../b'],
    ['plan.stages[5].files', ''],
    ['plan.stages[5].files', '.'],
  ]);
  expect(await readdir(fixture.stateDir)).toEqual([]);
});

test.each(['..', '.', '', 'a/b', '../runs', 'A', 'a\0b', '-a', `a${'b'.repeat(200)}`])(
  'a Job cannot be called %j',
  async (jobName) => {
    await expect(fixture.cluster.apply({ plan: buildPlan({ jobName }), signal: never })).rejects.toBeInstanceOf(
      InvalidInputError,
    );
    expect(await fixture.cluster.readJob({ namespace: 'default', jobName })).toBeNull();
    await fixture.cluster.stop({ namespace: 'default', jobName, graceMs: 0 });
    expect(await readdir(fixture.stateDir)).toEqual([]);
  },
);

test('cleaning up removes working directories, keeps logs, and removes Jobs whose time is over', async () => {
  const cleanUp = { keepFinishedMs: 0, stopGraceMs: 100 };
  const brief = fixture.plan({ scripts: { only: 'mkdir -p a/b && touch a/b/c && chmod 500 a/b' }, plan: { cleanUp } });
  const kept = fixture.plan({ scripts: { only: 'echo kept' } });
  const going = fixture.plan({ scripts: { only: 'sleep 300' }, plan: { cleanUp } });
  expect(await run(brief)).toBe('succeeded');
  expect(await run(kept)).toBe('succeeded');
  await fixture.cluster.apply({ plan: going, signal: never });
  await fixture.cluster.nextTransitions({ plan: going, cursor: null, signal: never });
  expect(await fixture.cluster.cleanUp({ plan: kept })).toEqual({ leftOver: [] });
  expect((await readdir(join(fixture.stateDir, 'runs'))).sort()).toEqual([kept.jobName, going.jobName].sort());
  expect((await readdir(runDirectory({ stateDir: fixture.stateDir, jobName: kept.jobName }).root)).sort()).toEqual([
    'job.json',
    'logs',
    'stage-process.json',
    'supervisor.json',
    'supervisor.log',
    'transitions.jsonl',
  ]);
  expect(await logOf({ plan: kept, stage: 'only' })).toBe('kept\n');
  expect(await fixture.cluster.cleanUp({ plan: going })).toEqual({ leftOver: [`${going.jobName} is still running`] });
});

test('a removal that was cut short is finished by the next one', async () => {
  const plan = fixture.plan({ scripts: { only: 'true' } });
  expect(await run(plan)).toBe('succeeded');
  const runs = join(fixture.stateDir, 'runs');
  await writeFile(join(runs, '.removed-something'), '');
  expect(await fixture.cluster.cleanUp({ plan })).toEqual({ leftOver: [] });
  expect(await readdir(runs)).toEqual([plan.jobName]);
});

test('a line that a dying supervisor left open spoils no other', async () => {
  const plan = fixture.plan({ scripts: { only: 'true' } });
  expect(await run(plan)).toBe('succeeded');
  const { transitions } = runDirectory({ stateDir: fixture.stateDir, jobName: plan.jobName });
  const lines = (await readFile(transitions, 'utf8')).split('\n');
  await writeFile(transitions, `${lines[0]}\n{"stage":"only","pha`);
  const page = await readToEnd({ cluster: fixture.cluster, plan });
  expect(page.job).toBe('lost');
  expect(page.transitions.map(({ stage, phase }) => [stage, phase])).toEqual([
    ['only', 'started'],
    ['only', 'failed'],
    [null, 'failed'],
  ]);
  for (const { cursor, seen } of page.cursors) {
    expect((await readToEnd({ cluster: fixture.cluster, plan, cursor })).transitions).toEqual(
      page.transitions.slice(seen),
    );
  }
});

test.each([
  'http://10.0.0.1:9090',
  'http://proxy.example:9090',
  'http://127.0.0.1.example:9090',
  'ftp://127.0.0.1',
  'nonsense',
])('a control API at %s is not on this machine', async (controlUrl) => {
  await expect(fixture.cluster.openControl({ proxy: proxyAt(controlUrl), signal: never })).rejects.toBeInstanceOf(
    InvalidInputError,
  );
});

test.each(['http://127.0.0.1:9090', 'http://127.8.9.10:1', 'http://localhost:9090', 'http://[::1]:9090'])(
  'a control API at %s is spoken to as it is',
  async (controlUrl) => {
    const control = await fixture.cluster.openControl({ proxy: proxyAt(controlUrl), signal: never });
    expect(control.url).toBe(controlUrl);
    await control.close();
  },
);

test('the tools of this machine are told apart from those it lacks', async () => {
  const tools = ['sh', 'git', 'no-such-program-here'];
  expect(await fixture.cluster.availableTools({ tools })).toEqual(new Set(['sh', 'git']));
});

function proxyAt(controlUrl: string): PlannedProxy {
  return { ...buildPlan({}).proxy, controlUrl };
}
