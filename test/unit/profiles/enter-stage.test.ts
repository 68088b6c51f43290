import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_REPORT_BYTES, REPORT_FILE } from '../../../src/plan/plan.ts';
import { ENTER_STAGE, enterStage, stageCommandOf } from '../../../src/profiles/enter-stage.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Every shell of this machine that a stage's image may have as its sh. */
const SHELLS = [
  ['sh', ['sh']],
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
  ['bash', ['bash', '--posix']],
] as const;
const present = SHELLS.filter(([, [program]]) =>
  (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, program))),
);

let dir: string;
let report: string;

beforeEach(async () => {
  dir = temporaryDirectory('enter-stage');
  report = join(dir, 'termination-log');
  await mkdir(join(dir, 'work'));
});

describe.each(present)('a stage entered by %s', (_, shell) => {
  const enter = (argv: readonly string[], env: Record<string, string> = {}): ChildProcess => {
    const [program = 'sh', ...options] = shell;
    const child = spawn(program, [...options, '-c', ENTER_STAGE, join(dir, 'files'), report, ...argv], {
      cwd: join(dir, 'work'),
      env: { PATH: process.env['PATH'], HOME: join(dir, 'work/.home'), TMPDIR: join(dir, 'work/.tmp'), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    onTestFinished(() => killGroup(child));
    return child;
  };

  it.each([0, 1, 3, 127, 255])("ends with the stage's own exit code %i and tells it", async (exitCode) => {
    expect(await ended(enter(['sh', '-euc', `exit ${exitCode}`]))).toEqual({ code: exitCode, signal: null });
    expect(await readReport()).toMatchObject({ proxybench: 1, exitCode });
  });

  it('tells start and end by its own clock, in nanoseconds, as one line', async () => {
    const beforeMs = Date.now();
    await ended(enter(['true']));
    const text = await readFile(report, 'utf8');
    expect(text).toMatch(/^[^\n]+\n$/);
    const { startedAtNs, endedAtNs } = await readReport();
    expect(startedAtNs).toMatch(/^\d{19}$/);
    expect(Number(startedAtNs) / 1e6).toBeGreaterThanOrEqual(beforeMs - 1);
    expect(BigInt(endedAtNs ?? 0) >= BigInt(startedAtNs ?? 0)).toBe(true);
  });

  it.each(replaceable(shell, ['echo 1795282135%N', 'echo 1795282135', 'echo 17952821358985685731', 'exit 1', 'echo']))(
    'tells no clock where date answers with `%s` and there is nothing else to ask',
    async (script) => {
      expect(await ended(enter(['sh', '-c', 'exit 4'], { PATH: await withPrograms({ date: script }) }))).toMatchObject({
        code: 4,
      });
      expect(await readFile(report, 'utf8')).toBe('{"proxybench":1,"exitCode":4}\n');
    },
  );

  it.each(
    replaceable(shell, [
      ['64 (UNSYNC)', '901350', '1795282135901350000'],
      ['64 (UNSYNC)', '50', '1795282135000050000'],
      ['8193 (PLL)', '901350', '1795282135000901350'],
      ['8193 (PLL)', '901350123', '1795282135901350123'],
    ]),
  )('asks adjtimex where date knows seconds only (status %s, %s)', async (status, part, expected) => {
    const answer = `    mode:         0\n    status:       ${status}\n    time.tv_sec:  1795282135\n    time.tv_usec: ${part}`;
    const adjtimex = `printf '%s\\n' '${answer}'`;
    await ended(enter(['true'], { PATH: await withPrograms({ date: 'echo 1795282135%N', adjtimex }) }));
    expect(await readReport()).toMatchObject({ startedAtNs: expected, endedAtNs: expected });
  });

  it.each(
    replaceable(shell, [
      [0, '{"told":true,"for":"0.5"}\n'],
      [3, ''],
    ] as const),
  )(
    'lingers after the last word of a stage that ended well (exit code %i), for its last bytes to be read',
    async (code, lingered) => {
      const log = join(dir, 'lingered');
      await writeFile(log, '');
      const sleep = `if [ -s ${report} ]; then told=true; fi; echo "{\\"told\\":$told,\\"for\\":\\"$1\\"}" >> ${log}`;
      await ended(enter(['sh', '-c', `exit ${code}`], { PATH: await withPrograms({ sleep }) }));
      expect(await readFile(log, 'utf8')).toBe(lingered);
    },
  );

  it("tells the stage's report after its last word, and its length in it", async () => {
    const said = '{"requests":5,"note":"≤ 150 ms"}\n';
    const script = `printf '%s' "$1" > ${REPORT_FILE}; exit 3`;
    expect(await ended(enter(['sh', '-c', script, 'stage', said]))).toMatchObject({ code: 3 });
    const [line = '', ...rest] = (await readFile(report, 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ proxybench: 1, exitCode: 3, reportBytes: Buffer.byteLength(said) });
    expect(rest.join('\n')).toBe(said);
  });

  it.each([
    ['is too long', `head -c ${MAX_REPORT_BYTES + 1} /dev/zero > ${REPORT_FILE}`],
    ['is empty', `: > ${REPORT_FILE}`],
    ['is a directory', `mkdir ${REPORT_FILE}`],
  ])('leaves out a report that %s', async (_, script) => {
    expect(await ended(enter(['sh', '-c', script]))).toMatchObject({ code: 0 });
    expect(await readReport()).toMatchObject({ exitCode: 0 });
    expect(await readFile(report, 'utf8')).not.toContain('reportBytes');
  });

  it("hands over the stage's words untouched", async () => {
    const words = ['a b', "it's", '"quoted"', '$HOME', '`id`', '\\n', '*', '', '-n', 'é\nü'];
    const child = enter(['printf', '<%s>', ...words]);
    expect(await output(child)).toBe(words.map((word) => `<${word}>`).join(''));
  });

  it('lays the files into the working directory, not as links', async () => {
    await mkdir(join(dir, 'files/sub'), { recursive: true });
    await writeFile(join(dir, 'real.json'), '{}');
    await symlink(join(dir, 'real.json'), join(dir, 'files/package.json'));
    await writeFile(join(dir, 'files/sub/a.txt'), 'a');
    const child = enter(['sh', '-c', 'cat package.json sub/a.txt; ls -d "$HOME" "$TMPDIR"']);
    expect(await output(child)).toBe(`{}a${dir}/work/.home\n${dir}/work/.tmp\n`);
    await expect(readlink(join(dir, 'work/package.json'))).rejects.toThrow('EINVAL');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and waits for what the stage makes of it', async (signal) => {
    const child = enter(['sh', '-c', 'trap "sleep 0.1; exit 7" TERM; echo ready; while :; do sleep 0.05; done']);
    await ready(child);
    child.kill(signal);
    expect(await ended(child)).toEqual({ code: 7, signal: null });
    expect(await readReport()).toMatchObject({ exitCode: 7 });
  });

  it('waits also for a stage that is asked twice', async () => {
    const script =
      'n=0; trap "n=\\$((n+1)); echo asked" TERM; echo ready; until [ $n -ge 2 ]; do sleep 0.05; done; exit 9';
    const child = enter(['sh', '-c', script]);
    await ready(child);
    child.kill('SIGTERM');
    await ready(child);
    child.kill('SIGTERM');
    expect(await ended(child)).toEqual({ code: 9, signal: null });
  });

  it('tells the death of a stage by a signal as a shell does', async () => {
    expect(await ended(enter(['sh', '-c', 'kill -KILL $$']))).toEqual({ code: 137, signal: null });
    expect(await readReport()).toMatchObject({ exitCode: 137 });
  });

  it('ends with 127 for a program that is not there', async () => {
    expect(await ended(enter(['no-such-program']))).toMatchObject({ code: 127 });
    expect(await readReport()).toMatchObject({ exitCode: 127 });
  });

  it("keeps the stage's exit code where its last words cannot be written", async () => {
    await mkdir(report);
    expect(await ended(enter(['sh', '-c', 'exit 5']))).toEqual({ code: 5, signal: null });
  });

  it('stops before the stage when its files cannot be laid', async () => {
    await writeFile(join(dir, 'work/.home'), 'in the way');
    expect((await ended(enter(['touch', join(dir, 'ran')]))).code).not.toBe(0);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });
});

describe("a container's command", () => {
  it("ends in the stage's own, which can be read back", () => {
    const command = ['sh', '-euc', 'npm install'];
    expect(stageCommandOf(enterStage({ filesDir: '/proxybench/files/npm', command }))).toEqual(command);
  });

  it('is taken as it is when it was made in another way', () => {
    const tampered = enterStage({ filesDir: '/f', command: ['true'] }).with(2, `${ENTER_STAGE}curl x &`);
    expect(stageCommandOf(tampered)).toBe(tampered);
  });
});

/** The cases that need `date` replaced on the PATH: none for a shell that takes it from itself. */
function replaceable<T>([program]: readonly string[], cases: readonly T[]): readonly T[] {
  return program === 'busybox' ? [] : cases;
}

/** A PATH on which these programs are scripts; what a script calls is the machine's own. */
async function withPrograms(scripts: Readonly<Record<string, string>>): Promise<string> {
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\nPATH=${process.env['PATH']}\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return `${bin}:${process.env['PATH']}`;
}

async function readReport(): Promise<{ exitCode: number; startedAtNs?: string; endedAtNs?: string }> {
  return JSON.parse(await readFile(report, 'utf8')) as { exitCode: number };
}

async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  child.stdout?.resume();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/** Whatever a failed test has left running. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data');
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (data: Buffer) => (text += data.toString('utf8')));
  await once(child, 'close');
  return text;
}
