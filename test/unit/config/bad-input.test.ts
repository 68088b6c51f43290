import { relative, sep } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { InvalidInputError, formatProblem } from '../../../src/errors/errors.ts';
import type { Problem } from '../../../src/errors/errors.ts';
import { createConfigDir } from '../../support/config-dir.ts';
import type { ConfigChanges, ConfigDir } from '../../support/config-dir.ts';

const TARGETS = 'platform-infra/sub2api.yaml';
const PROFILES = 'platform-infra/egress-proxy-benchmarks.yaml';
const HOST = ['profiles', 'host-deps'] as const;
const METADATA = ['profiles', 'metadata-proxy-small', 'metadataProxy'] as const;
const CLUSTER = ['profiles', 'real-deps-500m'] as const;
const NPM = [...CLUSTER, 'realDeps', 'stages', 1] as const;

interface Row {
  readonly title: string;
  readonly change: ConfigChanges;
  readonly file: string;
  readonly path: string;
  readonly message: string;
  readonly hint: RegExp;
  /** What the message shows of what was found; absent where nothing must be shown. */
  readonly value?: unknown;
}

const changed = (...entries: (readonly [readonly (string | number)[], unknown])[]) => entries;

const rows: readonly Row[] = [
  {
    title: 'a missing file',
    change: { targets: null },
    file: TARGETS,
    path: '(file)',
    message: 'does not exist',
    hint: /--config-dir/,
  },
  {
    title: 'a network where an address of the node belongs',
    change: {
      targets: changed([
        ['targets', 'D601', 'nodeAddresses'],
        ['10.244.0.1', '10.244.0.0/24'],
      ]),
    },
    file: TARGETS,
    path: 'targets.D601.nodeAddresses[1]',
    message: 'does not look as it must',
    hint: /no network, no port/,
    value: '10.244.0.0/24',
  },
  {
    title: 'what only looks like an address',
    change: { targets: changed([['targets', 'D601', 'nodeAddresses'], ['1:2:3']]) },
    file: TARGETS,
    path: 'targets.D601.nodeAddresses[0]',
    message: 'is no IP address',
    hint: /IPv4 or IPv6/,
    value: '1:2:3',
  },
  {
    title: 'addresses of a node on this machine, where there is none',
    change: { targets: changed([['targets', 'local', 'nodeAddresses'], ['127.0.0.1']]) },
    file: TARGETS,
    path: 'targets.local.nodeAddresses',
    message: 'is not a known setting',
    hint: /Known: reach, node, proxyService/,
  },
  {
    title: 'a number that is none',
    change: { profiles: changed([[...HOST, 'payloadMiB'], Number.NaN]) },
    file: PROFILES,
    path: 'profiles.host-deps.payloadMiB',
    message: 'must be a number, not NaN',
    hint: /MiB/,
    value: Number.NaN,
  },
  {
    title: 'an empty file',
    change: { targets: '' },
    file: TARGETS,
    path: '(file)',
    message: 'is empty',
    hint: /docs\/configuration\.md/,
  },
  {
    title: 'a file of comments',
    change: { profiles: '# nothing yet\n' },
    file: PROFILES,
    path: '(file)',
    message: 'is empty',
    hint: /configuration\.md/,
  },
  {
    title: 'bytes that are not UTF-8',
    change: { targets: Uint8Array.of(0x74, 0xff, 0xfe) },
    file: TARGETS,
    path: '(file)',
    message: 'is not UTF-8 text',
    hint: /UTF-8/,
  },
  {
    title: 'a file that is too large',
    change: { targets: `#${'x'.repeat(1_048_576)}` },
    file: TARGETS,
    path: '(file)',
    message: 'is larger than 1048576 bytes',
    hint: /Keep only/,
  },
  {
    title: 'broken YAML',
    change: { targets: 'targets:\n  a: [1, 2\n' },
    file: `${TARGETS}:3:1`,
    path: '(syntax)',
    message: 'is no usable YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    hint: /Correct the YAML/,
  },
  {
    title: 'a setting given twice',
    change: { targets: 'targets: {}\ntargets: {}\n' },
    file: `${TARGETS}:2:1`,
    path: '(syntax)',
    message: 'gives a setting twice',
    hint: /Keep one/,
  },
  {
    title: 'two documents in a file',
    change: { targets: 'targets: {}\n---\ntargets: {}\n' },
    file: `${TARGETS}:2:1`,
    path: '(syntax)',
    message: 'holds more than one document',
    hint: /---/,
  },
  {
    title: 'a tag of its own',
    change: { targets: 'targets: !js {}\n' },
    file: `${TARGETS}:1:10`,
    path: '(syntax)',
    message: 'is no usable YAML: Unresolved tag: !js',
    hint: /Correct the YAML/,
  },
  {
    title: 'aliases that stand for far too many values',
    change: { targets: aliasBomb() },
    file: TARGETS,
    path: '(file)',
    message: 'is no usable YAML: Excessive alias count indicates a resource exhaustion attack',
    hint: /plainly/,
  },
  {
    title: 'nesting without end',
    change: { targets: '['.repeat(100_000) },
    file: TARGETS,
    path: '(file)',
    message: 'is nested too deeply',
    hint: /plainly/,
  },
  {
    title: 'a list where the file must be a mapping',
    change: { targets: '- a\n' },
    file: TARGETS,
    path: '(file)',
    message: 'must be a mapping, not a list',
    hint: /configuration\.md/,
  },
  {
    title: 'a section without content',
    change: { profiles: 'profiles:\n' },
    file: `${PROFILES}:1:1`,
    path: 'profiles',
    message: 'must be a mapping, not empty',
    hint: /profiles, by name/,
    value: null,
  },
  {
    title: 'a section without entries',
    change: { profiles: 'profiles: {}\n' },
    file: `${PROFILES}:1:1`,
    path: 'profiles',
    message: 'is empty',
    hint: /at least one/,
  },
  {
    title: 'a reach that is not one',
    change: { targets: changed([['targets', 'local', 'reach'], 'hots']) },
    file: `${TARGETS}:20:5`,
    path: 'targets.local.reach',
    message: 'is none of host, kubeconfig, trans',
    hint: /^Did you mean host\?$/,
    value: 'hots',
  },
  {
    title: 'no reach',
    change: { targets: changed([['targets', 'local', 'reach'], undefined]) },
    file: `${TARGETS}:19:3`,
    path: 'targets.local.reach',
    message: 'is missing',
    hint: /host, kubeconfig, trans/,
  },
  {
    title: 'a route that reads as an option',
    change: { targets: changed([['targets', 'D601', 'route'], '--help']) },
    file: `${TARGETS}:6:5`,
    path: 'targets.D601.route',
    message: 'does not look as it must',
    hint: /letters, digits/,
    value: '--help',
  },
  {
    title: 'a node with a shell in it',
    change: { targets: changed([['targets', 'D601', 'node'], 'a;reboot']) },
    file: `${TARGETS}:7:5`,
    path: 'targets.D601.node',
    message: 'does not look as it must',
    hint: /letters, digits/,
    value: 'a;reboot',
  },
  {
    title: 'a namespace in upper case',
    change: { targets: changed([['targets', 'D601', 'namespace'], 'Infra']) },
    file: `${TARGETS}:8:5`,
    path: 'targets.D601.namespace',
    message: 'does not look as it must',
    hint: /lower-case/,
    value: 'Infra',
  },
  {
    title: 'a number where a text belongs',
    change: { targets: changed([['targets', 'D601', 'node'], 601]) },
    file: `${TARGETS}:7:5`,
    path: 'targets.D601.node',
    message: 'must be text, not a whole number',
    hint: /letters, digits/,
    value: 601,
  },
  {
    title: 'a misspelt setting',
    change: { targets: changed([['targets', 'local', 'nod'], 'local']) },
    file: `${TARGETS}:23:5`,
    path: 'targets.local.nod',
    message: 'is not a known setting',
    hint: /^Did you mean node\?$/,
    value: 'local',
  },
  {
    title: 'a proxy service that is not there',
    change: { targets: changed([['targets', 'local', 'proxyService'], 'local-egres-proxy']) },
    file: `${TARGETS}:22:5`,
    path: 'targets.local.proxyService',
    message: 'names no proxy service',
    hint: /^Did you mean local-egress-proxy\?$/,
    value: 'local-egres-proxy',
  },
  {
    title: 'a secret written out',
    change: { targets: changed([['proxyServices', 'sub2api-egress-proxy', 'controlSecret'], 'hunter2']) },
    file: `${TARGETS}:31:5`,
    path: 'proxyServices.sub2api-egress-proxy.controlSecret',
    message: 'has the wrong form',
    hint: /never the secret itself: \{ env: NAME \}/,
  },
  {
    title: 'a secret under another name',
    change: { targets: changed([['proxyServices', 'local-egress-proxy', 'secret'], 'hunter2']) },
    file: `${TARGETS}:39:5`,
    path: 'proxyServices.local-egress-proxy.secret',
    message: 'is not a known setting',
    hint: /controlSecret: \{ env: NAME \}/,
  },
  {
    title: 'a proxy address with a password',
    change: { targets: changed([['proxyServices', 'local-egress-proxy', 'httpUrl'], 'http://u:p@127.0.0.1:1']) },
    file: `${TARGETS}:35:5`,
    path: 'proxyServices.local-egress-proxy.httpUrl',
    message: 'does not look as it must',
    hint: /without credentials/,
    value: 'http://***@127.0.0.1:1',
  },
  {
    title: 'a proxy without an address',
    change: { targets: changed([['proxyServices', 'local-egress-proxy', 'httpUrl'], undefined]) },
    file: `${TARGETS}:34:3`,
    path: 'proxyServices.local-egress-proxy.httpUrl',
    message: 'is missing',
    hint: /both namespace and port/,
  },
  {
    title: 'a proxy with two addresses',
    change: { targets: changed([['proxyServices', 'local-egress-proxy', 'port'], 7890]) },
    file: `${TARGETS}:35:5`,
    path: 'proxyServices.local-egress-proxy.httpUrl',
    message: 'contradicts namespace and port',
    hint: /alone/,
    value: 'http://127.0.0.1:17890',
  },
  {
    title: 'a port beyond the last',
    change: { targets: changed([['proxyServices', 'local-egress-proxy', 'controlUrl'], 'http://127.0.0.1:70000']) },
    file: `${TARGETS}:38:5`,
    path: 'proxyServices.local-egress-proxy.controlUrl',
    message: 'names no TCP port',
    hint: /1 to 65535/,
    value: 'http://127.0.0.1:70000',
  },
  {
    title: 'a profile of no known kind',
    change: { profiles: changed([[...HOST, 'kind'], 'k3s-real-dep']) },
    file: PROFILES,
    path: 'profiles.host-deps.kind',
    message: 'is none of k3s-real-deps, metadata-proxy',
    hint: /^Did you mean k3s-real-deps\?$/,
    value: 'k3s-real-dep',
  },
  {
    title: 'a profile name that fits no label',
    change: { profiles: changed([['profiles', 'host deps'], { kind: 'k3s-real-deps' }]) },
    file: PROFILES,
    path: 'profiles.host deps',
    message: 'is no usable name',
    hint: /letters, digits and dashes/,
    value: 'host deps',
  },
  {
    title: 'a pace below its bound',
    change: { profiles: changed([[...HOST, 'sampling', 'intervalMs'], 49]) },
    file: PROFILES,
    path: 'profiles.host-deps.sampling.intervalMs',
    message: 'is less than 50',
    hint: /from 50 to 10000/,
    value: 49,
  },
  {
    title: 'too many attempts',
    change: { profiles: changed([[...CLUSTER, 'pullRetry', 'maxAttempts'], 6]) },
    file: PROFILES,
    path: 'profiles.real-deps-500m.pullRetry.maxAttempts',
    message: 'is more than 5',
    hint: /from 1 to 5/,
    value: 6,
  },
  {
    title: 'half a second of deadline',
    change: { profiles: changed([[...HOST, 'deadlineSeconds'], 1.5]) },
    file: PROFILES,
    path: 'profiles.host-deps.deadlineSeconds',
    message: 'must be a whole number, not a number',
    hint: /whole number of seconds/,
    value: 1.5,
  },
  {
    title: 'no payload',
    change: { profiles: changed([[...HOST, 'payloadMiB'], undefined]) },
    file: PROFILES,
    path: 'profiles.host-deps.payloadMiB',
    message: 'is missing',
    hint: /number of MiB/,
  },
  {
    title: 'a payload of a kind that measures none',
    change: { profiles: changed([['profiles', 'metadata-proxy-small', 'payloadMiB'], 500]) },
    file: PROFILES,
    path: 'profiles.metadata-proxy-small.payloadMiB',
    message: 'is not a known setting',
    hint: /^Known: kind, requires, deadlineSeconds/,
    value: 500,
  },
  {
    title: 'caching that is neither on nor off',
    change: { profiles: changed([[...METADATA, 'caching'], true]) },
    file: PROFILES,
    path: 'profiles.metadata-proxy-small.metadataProxy.caching',
    message: 'is none of on, off',
    hint: /^Known: on, off$/,
    value: true,
  },
  {
    title: 'a limit of no memory',
    change: { profiles: changed([[...METADATA, 'limits', 0, 'memoryMiB'], 0]) },
    file: PROFILES,
    path: 'profiles.metadata-proxy-small.metadataProxy.limits[0].memoryMiB',
    message: 'is less than 8',
    hint: /whole number of MiB from 8 to 65536/,
    value: 0,
  },
  {
    title: 'more clients than requests',
    change: { profiles: changed([[...METADATA, 'limits', 1, 'concurrency'], 2_000]) },
    file: PROFILES,
    path: 'profiles.metadata-proxy-small.metadataProxy.limits[1].concurrency',
    message: 'is more than the requests',
    hint: /^Give at most 1000, or more requests$/,
    value: 2_000,
  },
  {
    title: 'no limits',
    change: { profiles: changed([[...METADATA, 'limits'], undefined]) },
    file: PROFILES,
    path: 'profiles.metadata-proxy-small.metadataProxy.limits',
    message: 'is missing',
    hint: /^List 1 to 6 sets of limits, at most 2 for a cluster$/,
  },
  {
    title: 'a stage that there is not',
    change: { profiles: changed([[...HOST, 'realDeps', 'stages', 0, 'name'], 'npm-instal']) },
    file: PROFILES,
    path: 'profiles.host-deps.realDeps.stages[0].name',
    message: 'is none of apk-add, npm-install, go-download, git-mirror, summary',
    hint: /^Did you mean npm-install\?$/,
    value: 'npm-instal',
  },
  {
    title: 'a command that is one text',
    change: { profiles: changed([[...HOST, 'realDeps', 'stages', 0, 'command'], 'npm install']) },
    file: PROFILES,
    path: 'profiles.host-deps.realDeps.stages[0].command',
    message: 'must be a list, not text',
    hint: /list of words/,
    value: 'npm install',
  },
  {
    title: 'a file outside the stage',
    change: { profiles: changed([[...HOST, 'realDeps', 'stages', 0, 'files', '../x'], '']) },
    file: PROFILES,
    path: 'profiles.host-deps.realDeps.stages[0].files.../x',
    message: 'is no usable name',
    hint: /relative path/,
    value: '../x',
  },
  {
    title: 'stages out of order',
    change: { profiles: changed([[...HOST, 'realDeps', 'stages', 2, 'name'], 'apk-add']) },
    file: PROFILES,
    path: 'profiles.host-deps.realDeps.stages[2].name',
    message: 'stands after a stage that it must come before',
    hint: /apk-add, npm-install/,
    value: 'apk-add',
  },
  {
    title: 'an imagePullPolicy',
    change: { profiles: changed([[...NPM, 'imagePullPolicy'], 'IfNotPresent']) },
    file: PROFILES,
    path: 'profiles.real-deps-500m.realDeps.stages[1].imagePullPolicy',
    message: 'is not a known setting',
    hint: /Always/,
    value: 'IfNotPresent',
  },
  {
    title: 'an image that stands in for the real one',
    change: { profiles: changed([[...NPM, 'image'], 'docker.io/library/node:22-alpine']) },
    file: PROFILES,
    path: 'profiles.real-deps-500m.realDeps.stages[1].image',
    message: 'stands in for the real image of npm-install',
    hint: /node:22-bookworm/,
    value: 'docker.io/library/node:22-alpine',
  },
  {
    title: 'a cluster profile that mirrors this clone',
    change: {
      profiles: changed(
        [[...CLUSTER, 'realDeps', 'gitMirror', 'remote'], undefined],
        [[...CLUSTER, 'realDeps', 'gitMirror', 'source'], 'this-clone'],
      ),
    },
    file: PROFILES,
    path: 'profiles.real-deps-500m.realDeps.gitMirror.source',
    message: 'needs a host target',
    hint: /public remote/,
    value: 'this-clone',
  },
  {
    title: 'a Git remote with a password',
    change: {
      profiles: changed([[...CLUSTER, 'realDeps', 'gitMirror', 'remote'], 'https://u:p@github.com/git/git.git']),
    },
    file: PROFILES,
    path: 'profiles.real-deps-500m.realDeps.gitMirror.remote',
    message: 'carries credentials',
    hint: /public repository/,
    value: 'https://***@github.com/git/git.git',
  },
];

const opened: ConfigDir[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((dir) => dir.dispose()));
});

async function problemsWith(change: ConfigChanges): Promise<readonly Problem[]> {
  const dir = await createConfigDir(change);
  opened.push(dir);
  const thrown: unknown = await loadConfig(dir).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof InvalidInputError))
    throw new Error(`expected bad input to be refused, got ${String(thrown)}`);
  return thrown.problems.map((problem) => ({
    ...problem,
    file: relative(dir.configDir, problem.file ?? '').replaceAll(sep, '/'),
  }));
}

describe('bad configuration', () => {
  it.each(rows)('$title is told in one message with its place and what to do', async (row) => {
    const problems = await problemsWith(row.change);

    expect(problems.map(formatProblem)).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.file).toMatch(
      row.file.includes(':') ? new RegExp(`^${row.file}$`) : new RegExp(`^${row.file}(?::\\d+:\\d+)?$`),
    );
    expect(problem).toMatchObject({ path: row.path, message: row.message, hint: expect.stringMatching(row.hint) });
    expect(problem?.value).toEqual(row.value);
  });

  it('tells every problem of both files at once', async () => {
    const problems = await problemsWith({
      targets: changed(
        [['targets', 'local', 'reach'], 'hots'],
        [['targets', 'D518', 'proxyService'], 'nothing'],
        [['extra'], 1],
      ),
      profiles: changed(
        [[...HOST, 'sampling', 'intervalMs'], 1],
        [
          [...CLUSTER, 'realDeps', 'stages', 0, 'command'],
          ['sh', '-euc', 'npm config set registry $X'],
        ],
        [[...CLUSTER, 'realDeps', 'gitMirror', 'image'], 'docker.io/alpine/git:latest'],
      ),
    });

    expect(problems.map((problem) => problem.path)).toEqual([
      'targets.local.reach',
      'extra',
      'targets.D518.proxyService',
      'profiles.host-deps.sampling.intervalMs',
      'profiles.real-deps-500m.realDeps.stages[0].command',
      'profiles.real-deps-500m.realDeps.gitMirror.image',
    ]);
  });

  it('never shows a secret that was written where only its place belongs', async () => {
    const problems = await problemsWith({
      targets: changed(
        [['proxyServices', 'sub2api-egress-proxy', 'controlSecret'], { env: 'hunter2 hunter2' }],
        [['proxyServices', 'local-egress-proxy', 'apiToken'], 'hunter2'],
      ),
    });

    expect(problems).toHaveLength(2);
    expect(problems.map(formatProblem).join('\n')).not.toContain('hunter2');
  });
});

function aliasBomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
  );
  return [`l0: &l0 [x]`, ...levels, ''].join('\n');
}
