// Every failure that is provoked for real on a cluster: the tests' table, and the one of `npm run bench:cluster-failures`.
import {
  nodeUsesProxy,
  registryAnswers,
  registryNormal,
  registryRefuses,
  registrySlow,
  startKubelet,
  stopKubelet,
} from '../../cluster/faults.ts';
import { FULL_PROFILE, goMod } from '../../support/cluster-config.ts';
import type { ClusterStack } from '../../support/cluster-stack.ts';
import { proxyPod } from '../../support/proxy-counters.ts';
import { PROXY_NAMESPACE } from '../../support/real-cluster.ts';
import { realDepsProfile } from '../../support/real-deps-profile.ts';
import type { TinyStage } from '../../support/tiny-plan.ts';
import { cancelRun } from '../../../src/workflows/messages.ts';
import type { StageName } from '../../../src/profiles/real-deps/stage-catalogue.ts';
import type { ProvokedFailure, Provocation } from './provoked-failure.ts';

const SLEEP: TinyStage['command'] = ['sleep', '300'];
const SLOW_BYTES_PER_SECOND = 100_000;

/** Slow enough for several readings of the proxy during each download. */
const atReadablePace = (): void => registrySlow({ bytesPerSecond: 8_000_000 });

const waiting = (name: StageName, more: Partial<TinyStage> = {}): TinyStage => ({ name, command: SLEEP, ...more });

/** The shipped stage, with the real image and command, and what makes its tool fail. */
function shipped(stack: ClusterStack, name: StageName, changes: Partial<TinyStage>): TinyStage {
  const profile = realDepsProfile({ config: stack.config, name: FULL_PROFILE });
  const stage = profile.realDeps.stages.find((each) => each.name === name);
  if (stage === undefined) throw new Error(`${FULL_PROFILE} has no ${name}`);
  const { command, files, image } = stage;
  return { name, command, files, ...(image === undefined ? {} : { image }), ...changes };
}

function gitImage({ config }: ClusterStack): string {
  return realDepsProfile({ config, name: FULL_PROFILE }).realDeps.gitMirror.image ?? '';
}

/** Fetches the small file through the proxy, as often as it takes to get `times` whole ones. */
function fetching({ cluster }: ClusterStack, times: number): TinyStage['command'] {
  const once = cluster.smallDownload ?? 'false';
  const script = `n=0; while [ $n -lt ${times} ]; do if ${once}; then n=$((n + 1)); fi; sleep 0.2; done`;
  return ['sh', '-c', script];
}

async function deleted({ stack, plan }: Provocation, what: 'pods' | 'jobs'): Promise<void> {
  const { kubectl, namespace } = stack.cluster;
  await kubectl('-n', namespace, 'delete', what, '-l', `proxybench.dev/run=${plan.runId}`, '--wait=false');
}

const PULL_FAILURE = {
  outcome: 'failed',
  family: 'image-pull',
  stage: 'image-pull',
  pullAttempts: 3,
  hasJob: true,
} as const;
const FAILURE = { outcome: 'failed', pullAttempts: 1, hasJob: true } as const;
const CANCELLED = { outcome: 'cancelled', family: 'cancelled', pullAttempts: 1, hasJob: true } as const;
const DEADLINE = { outcome: 'deadline', family: 'deadline', pullAttempts: 1, hasJob: true } as const;

const IMAGE_PULLS: readonly ProvokedFailure[] = [
  {
    name: 'image tag that does not exist',
    how: 'the image is named with a tag that no registry has',
    needsOwnCluster: false,
    inTests: true,
    plan: ({ cluster }) => ({
      image: cluster.tinyImage.replace(/:[^:]*$/, ':no-such-tag'),
      stages: [waiting('summary')],
    }),
    expected: { ...PULL_FAILURE, reason: /no-such-tag.*not found/ },
  },
  {
    name: 'registry answers 500',
    how: 'the registry answers every request with status 500',
    needsOwnCluster: true,
    inTests: true,
    plan: () => ({ stages: [waiting('summary')] }),
    before: () => registryAnswers({ status: 500 }),
    after: registryNormal,
    expected: { ...PULL_FAILURE, reason: /500 Internal Server Error/ },
  },
  {
    name: 'registry unreachable through the proxy',
    how: 'the registry resets connections that come from the proxy Pod',
    needsOwnCluster: true,
    inTests: true,
    plan: () => ({ stages: [waiting('summary')] }),
    before: () => registryRefuses({ fromProxy: true }),
    after: registryNormal,
    expected: { ...PULL_FAILURE, reason: /proxybench\/probe:1.*(?:EOF|502|503|reset)/ },
  },
  {
    name: 'containerd does not use the proxy',
    how: 'containerd is started again without HTTP_PROXY and HTTPS_PROXY',
    needsOwnCluster: true,
    inTests: true,
    coldImage: true,
    plan: () => ({ stages: [{ name: 'summary', command: ['true'] }] }),
    before: () => nodeUsesProxy(false),
    after: () => nodeUsesProxy(true),
    expected: {
      ...FAILURE,
      family: 'proxy-bypassed',
      stage: 'image-pull',
      reason: /did not pull through the proxy; check its HTTP_PROXY/,
    },
  },
];

const TOOLS: readonly ProvokedFailure[] = [
  {
    name: 'apk: unknown package',
    how: 'the shipped apk-add asks for a package that there is not',
    needsOwnCluster: false,
    inTests: true,
    plan: (stack) => ({
      stages: [shipped(stack, 'apk-add', { command: ['sh', '-euc', 'apk add --no-cache no-such-package'] })],
    }),
    expected: {
      ...FAILURE,
      family: 'apk-download',
      stage: 'apk-add',
      reason: /apk-add failed: exit code 1/,
      log: /no-such-package \(no such package\)/,
    },
  },
  {
    name: 'npm: unknown version',
    how: 'the shipped npm-install with a version that was never published',
    needsOwnCluster: false,
    inTests: true,
    plan: (stack) => ({
      memoryMiB: 512,
      stages: [
        shipped(stack, 'npm-install', {
          files: { 'package.json': '{"private":true,"dependencies":{"lodash":"4.17.999"}}' },
        }),
      ],
    }),
    expected: {
      ...FAILURE,
      family: 'npm-download',
      stage: 'npm-install',
      reason: /npm-install failed: exit code 1/,
      log: /No matching version found for lodash@4\.17\.999/,
    },
  },
  {
    name: 'go: unknown module',
    how: 'the shipped go-download requires a module that there is not',
    needsOwnCluster: false,
    inTests: true,
    plan: (stack) => ({
      memoryMiB: 512,
      stages: [
        shipped(stack, 'go-download', { files: { 'go.mod': goMod({ 'golang.org/x/no-such-module': 'v0.0.1' }) } }),
      ],
    }),
    expected: {
      ...FAILURE,
      family: 'go-download',
      stage: 'go-download',
      reason: /go-download failed: exit code 1/,
      log: /no-such-module/,
    },
  },
  {
    name: 'git: unknown repository',
    how: 'the shipped git-mirror with a remote that there is not',
    needsOwnCluster: false,
    inTests: true,
    plan: (stack) => ({
      memoryMiB: 256,
      image: gitImage(stack),
      gitRemote: 'https://github.com/proxybench-nobody/no-such-repository.git',
      stages: [shipped(stack, 'git-mirror', {})],
    }),
    expected: {
      ...FAILURE,
      family: 'git-mirror',
      stage: 'git-mirror',
      reason: /git-mirror failed: exit code 128/,
      log: /no-such-repository/,
    },
  },
];

const PLATFORM: readonly ProvokedFailure[] = [
  {
    name: 'stage runs out of memory',
    how: 'npm-install eats memory in a container limited to 64 MiB',
    needsOwnCluster: false,
    inTests: true,
    plan: () => ({ memoryMiB: 64, stages: [{ name: 'npm-install', command: ['tail', '/dev/zero'] }] }),
    expected: {
      ...FAILURE,
      family: 'npm-download',
      stage: 'npm-install',
      reason: /OOMKilled.*exit code 137.*memory limit is 64Mi/,
    },
  },
  {
    name: 'Pod deleted',
    how: 'kubectl delete pod while npm-install runs',
    needsOwnCluster: false,
    inTests: true,
    plan: () => ({ stages: [waiting('npm-install')] }),
    during: async (provocation) => {
      await provocation.running('npm-install');
      await deleted(provocation, 'pods');
    },
    expected: {
      ...FAILURE,
      family: 'infrastructure',
      stage: 'npm-install',
      reason: /the Job's Pod was deleted while npm-install ran/,
    },
  },
  {
    name: 'Job deleted',
    how: 'kubectl delete job while npm-install runs',
    needsOwnCluster: false,
    inTests: true,
    plan: () => ({ stages: [waiting('npm-install')] }),
    during: async (provocation) => {
      await provocation.running('npm-install');
      await deleted(provocation, 'jobs');
    },
    expected: { ...FAILURE, hasJob: false, family: 'infrastructure', stage: null, reason: /Job vanished/ },
  },
  {
    name: 'node not ready',
    how: 'the kubelet is killed while npm-install runs',
    needsOwnCluster: true,
    inTests: false,
    plan: () => ({ stages: [waiting('npm-install')] }),
    during: async ({ running }) => {
      await running('npm-install');
      await stopKubelet();
    },
    after: startKubelet,
    expected: { ...FAILURE, family: 'infrastructure', stage: null, reason: /node .* is not ready/ },
  },
  {
    name: 'proxy Pod killed mid-stage and back',
    how: 'kubectl delete pod --force of the proxy while apk-add downloads, which tries again',
    needsOwnCluster: true,
    inTests: true,
    coldImage: true,
    before: atReadablePace,
    plan: (stack) => ({ stages: [{ name: 'apk-add', command: fetching(stack, 20) }] }),
    during: async ({ stack, running }) => {
      await running('apk-add');
      const { kubectl } = stack.cluster;
      await kubectl('-n', PROXY_NAMESPACE, 'delete', await proxyPod(stack.cluster), '--force', '--grace-period=0');
    },
    after: registryNormal,
    expected: {
      outcome: 'passed',
      family: 'none',
      stage: null,
      pullAttempts: 1,
      hasJob: true,
      reason: /readings are missing for \d+ gap/,
      also: ({ evidence }) => {
        if (evidence.proxyRestarts !== 1) throw new Error(`${evidence.proxyRestarts} restarts of the proxy, not 1`);
      },
    },
  },
];

const TRAFFIC: readonly ProvokedFailure[] = [
  {
    name: 'too little traffic seen',
    how: 'everything succeeds, and the profile wants 500 MiB',
    needsOwnCluster: true,
    inTests: true,
    coldImage: true,
    before: atReadablePace,
    after: registryNormal,
    plan: (stack) => ({ payloadMiB: 500, stages: [{ name: 'apk-add', command: fetching(stack, 1) }] }),
    expected: {
      ...FAILURE,
      family: 'insufficient-traffic',
      stage: null,
      reason: /The proxy saw [\d.]+ MiB within the stages, 500\.0 MiB are needed/,
    },
  },
  {
    name: 'deadline in the pull',
    how: 'the registry sends 100 kB/s, and image-pull may take 6 s',
    needsOwnCluster: true,
    inTests: true,
    coldImage: true,
    plan: () => ({ pullDeadlineSeconds: 6, stages: [waiting('summary')] }),
    before: () => registrySlow({ bytesPerSecond: SLOW_BYTES_PER_SECOND }),
    after: registryNormal,
    expected: { ...DEADLINE, stage: 'image-pull', reason: /image-pull took longer than its limit of 6/ },
  },
  {
    name: 'deadline in a stage',
    how: 'npm-install may take 3 s and takes longer',
    needsOwnCluster: false,
    inTests: true,
    plan: () => ({ stages: [waiting('npm-install', { deadlineSeconds: 3 })] }),
    expected: { ...DEADLINE, stage: 'npm-install', reason: /npm-install took longer than its limit of 3/ },
  },
];

const STAGES = ['apk-add', 'npm-install', 'go-download', 'git-mirror', 'summary'] as const;

const CANCELS: readonly ProvokedFailure[] = [
  {
    name: 'cancel in the pull',
    how: 'cancelRun while the registry sends 100 kB/s',
    needsOwnCluster: true,
    inTests: true,
    coldImage: true,
    plan: () => ({ stages: [waiting('summary')] }),
    before: () => registrySlow({ bytesPerSecond: SLOW_BYTES_PER_SECOND }),
    during: async ({ handle, running }) => {
      await running('image-pull');
      await handle.signal(cancelRun, { reason: 'seen enough' });
    },
    after: registryNormal,
    expected: { ...CANCELLED, stage: 'image-pull', reason: /Cancelled during image-pull: seen enough/ },
  },
  ...STAGES.map(
    (name, at): ProvokedFailure => ({
      name: `cancel in ${name}`,
      how: `cancelRun while ${name} runs`,
      needsOwnCluster: false,
      inTests: name === 'npm-install',
      plan: () => ({
        stages: STAGES.map((stage, index) => (index < at ? { name: stage, command: ['true'] } : waiting(stage))),
      }),
      during: async ({ handle, running }) => {
        await running(name);
        await handle.signal(cancelRun, { reason: 'seen enough' });
      },
      expected: { ...CANCELLED, stage: name, reason: new RegExp(`Cancelled during ${name}: seen enough`) },
    }),
  ),
];

export const PROVOKED_FAILURES: readonly ProvokedFailure[] = [
  ...IMAGE_PULLS,
  ...TOOLS,
  ...PLATFORM,
  ...TRAFFIC,
  ...CANCELS,
];
