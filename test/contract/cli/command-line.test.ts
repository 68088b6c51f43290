import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RUNTIMES, commandLine } from '../../support/command-line.ts';

const LONG_FORM = ['platform-infra', 'egress-proxy', 'k3s-build-benchmark'];
const HOST_RUN = ['--targets', 'local', '--profile', 'host-deps'];
const CLUSTER_RUN = ['--targets', 'D601,D518', '--profile', 'real-deps-500m'];

describe.each(RUNTIMES)('the command line under $runtime', ({ executable }) => {
  const run = (...args: string[]) => commandLine({ executable, args });

  it('ends help with 0, on stdout, with examples and exit codes', async () => {
    const { code, stdout, stderr } = await run('run', '--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const part of ['--dry-run', 'Examples:', 'Exit codes:', '130  detached']) expect(stdout).toContain(part);
  });

  it.each([
    [LONG_FORM],
    [[...LONG_FORM, 'status']],
    [[...LONG_FORM, 'logs']],
    [['platform-infra', 'egress-proxy', 'traffic']],
  ])('gives examples of %j that can be typed as they stand', async (words) => {
    const { stdout } = await run(...words, '--help');
    const examples = stdout.slice(stdout.indexOf('Examples:')).match(/^ {2}\S*(?:proxybench|platform-infra).*$/gm);
    expect(examples?.map((line) => line.startsWith(`  proxybench ${words.join(' ')}`))).toContain(true);
    expect(examples?.filter((line) => !line.startsWith('  proxybench '))).toEqual([]);
  });

  it('does not promise that cancel chooses a run by itself', async () => {
    const [{ stdout }, bare] = await Promise.all([run('cancel', '--help'), run('cancel')]);
    expect(stdout).not.toContain('newest');
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('Say what to cancel')]);
  });

  it('does not promise that the run of a quickstart goes on without it', async () => {
    const { stdout } = await run('quickstart', '--help');
    expect(stdout).toContain('130  detached');
    expect(stdout).not.toContain('goes on without');
  });

  it('says in doctor that a target was not looked at where nobody could', async () => {
    const { code, stdout } = await run('doctor', 'local', '--output', 'json');
    expect(code).toBe(7);
    const { checks }: { checks: unknown[] } = JSON.parse(stdout);
    expect(checks.at(-1)).toMatchObject({ advisory: true, name: 'local: the target and its proxy', ok: false });
  });

  it('ends a bad flag with 2 and the way to the help', async () => {
    const { code, stdout, stderr } = await run(...LONG_FORM, '--bogus');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain("unknown option '--bogus'");
    expect(stderr).toContain('(see proxybench platform-infra egress-proxy k3s-build-benchmark --help)');
  });

  it('prints the plans of a dry run alone on stdout, as JSON, with neither Temporal nor a cluster', async () => {
    const { code, stdout, stderr } = await run(...LONG_FORM, ...CLUSTER_RUN, '--dry-run', '--output', 'json');
    expect([code, stderr]).toEqual([0, '']);
    const document: {
      version: number;
      kind: string;
      images: string[];
      plans: { target: string; manifest: unknown[] }[];
    } = JSON.parse(stdout);
    expect([document.version, document.kind]).toEqual([1, 'dry-run']);
    expect(document.plans.map(({ target }) => target)).toEqual(['D601', 'D518']);
    expect(document.plans.every(({ manifest }) => manifest.length > 0)).toBe(true);
    expect(document.images).toContain('docker.io/library/alpine:3.20');
  });

  it('ends a dry run with the way to start, whatever the target is reached by', async () => {
    const [host, cluster] = await Promise.all([
      run('run', ...HOST_RUN, '--dry-run'),
      run('run', ...CLUSTER_RUN, '--dry-run'),
    ]);
    expect(host.stdout).toMatch(/To start: --confirm instead of --dry-run\.\n$/);
    expect(cluster.stdout).toMatch(/To start: --confirm instead of --dry-run\.\n$/);
  });

  it('says the same by its short name, as YAML', async () => {
    const [short, long] = await Promise.all([
      run('run', ...CLUSTER_RUN, '--dry-run', '--output', 'yaml'),
      run(...LONG_FORM, ...CLUSTER_RUN, '--dry-run', '--output', 'json'),
    ]);
    expect(parse(short.stdout)).toEqual(JSON.parse(long.stdout));
  });

  it('changes nothing without --dry-run or --confirm, and says what to add', async () => {
    const { code, stdout, stderr } = await run('run', ...HOST_RUN);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Nothing was done. Add --dry-run');
  });

  it('ends with 7 where Temporal does not answer', async () => {
    const { code, stdout, stderr } = await run('run', ...HOST_RUN, '--confirm');
    expect([code, stdout]).toEqual([7, '']);
    expect(stderr).toContain('Temporal does not answer at 127.0.0.1:1');
  });
});

describe('bad input', () => {
  const { executable } = RUNTIMES[0];
  const run = (...args: string[]) => commandLine({ executable, args });

  it.each([
    ['both flags', ['run', ...HOST_RUN, '--dry-run', '--confirm'], 'not both'],
    ['--wait alone', ['run', ...HOST_RUN, '--wait'], '--wait needs --confirm'],
    ['an empty target', ['run', '--targets', 'local,', '--profile', 'host-deps'], 'without empty ones'],
    ['a deadline of 0', ['run', ...HOST_RUN, '--dry-run', '--deadline-seconds', '0'], 'from 1 to 86400'],
    ['a deadline that is no number', ['run', ...HOST_RUN, '--dry-run', '--deadline-seconds', '1e3'], 'from 1 to 86400'],
    ['an unknown output', ['list', '--output', 'csv'], 'Allowed choices are table, json, yaml'],
    ['too long a sample', ['traffic', '--target', 'local', '--sample-seconds', '301'], 'from 1 to 300'],
    ['traffic without a target', ['traffic'], "'--target <name>' not specified"],
    ['an unknown command', ['platform-infra', 'egress-proxy', 'nope'], "unknown command 'nope'"],
    ['a run and targets', ['status', '--run', 'x', '--targets', 'y'], 'not both'],
    ['two ways to cancel', ['cancel', 'x', '--all'], 'in one way'],
    ['nothing to cancel', ['cancel'], 'in one way'],
    ['an address with a scheme', ['list', '--address', 'http://127.0.0.1:7233'], 'without a scheme'],
    ['an unknown state', ['list', '--state', 'asleep'], 'Allowed choices are running, passed'],
    ['a proxy beyond this machine', ['serve', 'egress-proxy', '--target', 'D601'], 'only the proxy of a host target'],
    [
      'a cluster profile on a host',
      ['run', '--targets', 'local', '--profile', 'real-deps-500m', '--confirm'],
      'has no cluster',
    ],
    [
      'a configuration that is not there',
      ['run', ...HOST_RUN, '--dry-run', '--config-dir', 'nowhere'],
      'nowhere/platform-infra/sub2api.yaml',
    ],
  ])('%s ends with 2 and says so on stderr alone', async (_name, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('is told completely: every problem with its place, what was found, and what to do', async () => {
    const { code, stderr } = await run(
      'run',
      '--targets',
      'D601,nope,local',
      '--profile',
      'real-deps-500m',
      '--dry-run',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('error: 2 things cannot be used');
    expect(stderr).toMatch(/sub2api\.yaml: target\n {4}found: "nope"\n {4}there is no target of this name\n {4}\S+/);
    expect(stderr).toMatch(/sub2api\.yaml: targets\.local\.reach\n {4}found: "host"\n/);
  });

  it.each([
    ['what the library refuses', ['list', '--state', 'asleep', '--output', 'json'], 'Allowed choices are running'],
    ['what it lets pass', ['run', ...HOST_RUN, '--wait', '--output', 'json'], '--wait needs --confirm.'],
  ])('is a document too where the command line itself is wrong: %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toEqual({
      version: 1,
      kind: 'error',
      exitCode: 2,
      error: 'usage',
      message: expect.stringContaining(message),
    });
  });

  it('is told of target and profile at once where both are unknown', async () => {
    const { stderr } = await run('run', '--targets', 'lokal', '--profile', 'host-dep', '--dry-run');
    expect(stderr).toContain('error: 2 things cannot be used');
    expect([...stderr.matchAll(/Did you mean (\S+)\?/g)].map(([, word]) => word)).toEqual(['local', 'host-deps']);
  });

  it('counts an unknown profile once, however many targets it was asked for', async () => {
    const { stderr } = await run('run', '--targets', 'D601,D518', '--profile', 'nope', '--dry-run');
    expect(stderr.match(/there is no profile of this name/g)).toHaveLength(1);
  });

  it('is a document on stderr where JSON was asked for', async () => {
    const { code, stdout, stderr } = await run(
      'run',
      '--targets',
      'nope',
      '--profile',
      'host-deps',
      '--dry-run',
      '--output=json',
    );
    expect([code, stdout]).toEqual([2, '']);
    const document: unknown = JSON.parse(stderr);
    expect(document).toMatchObject({
      version: 1,
      kind: 'error',
      error: 'invalid-input',
      exitCode: 2,
      problems: [{ path: 'target', value: 'nope' }],
    });
  });
});

describe('the worker', () => {
  it('refuses bun, for its native code is made for Node', async () => {
    const { code, stderr } = await commandLine({ executable: RUNTIMES[1].executable, args: ['worker'] });
    expect(code).toBe(2);
    expect(stderr).toContain('the worker cannot run under bun');
  });
});

describe('options before a subcommand', () => {
  const { executable } = RUNTIMES[0];

  it('count for the subcommand too, unless it is given its own', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:2' };
    const before = await commandLine({ executable, args: [...LONG_FORM, '--address', '127.0.0.1:3', 'status'], env });
    expect(before.stderr).toContain('127.0.0.1:3');
    const both = await commandLine({
      executable,
      args: [...LONG_FORM, '--address', '127.0.0.1:3', 'status', '--address', '127.0.0.1:4'],
      env,
    });
    expect(both.stderr).toContain('127.0.0.1:4');
  });
});
