import type { V1ConfigMap, V1Job } from '@kubernetes/client-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { renderPlan } from '../../../../src/config/render-plan.ts';
import { referenceOf } from '../../../../src/plan/plan.ts';
import type { Plan } from '../../../../src/plan/plan.ts';
import { ENTER_STAGE } from '../../../../src/profiles/enter-stage.ts';
import { renderJob } from '../../../../src/profiles/job.ts';
import { SHIPPED_CONFIG_DIR } from '../../../support/config-dir.ts';

const PROXY_URL = 'http://sub2api-egress-proxy.platform-infra.svc.cluster.local:7890';
const RESOURCES = { cpuMillicores: 2_000, memoryMiB: 2_048, diskMiB: 12_288 };

let config: Config;

beforeAll(async () => {
  config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
});

const clusterPlan = (runId = 'run-1') =>
  renderPlan({ config, request: { target: 'D601', profile: 'real-deps-500m' }, runId });
const hostPlan = (runId = 'run-1') => renderPlan({ config, request: { target: 'local', profile: 'host-deps' }, runId });

describe('a plan for a cluster', () => {
  it('pulls the images, then runs the stages in order, each with its failure family', () => {
    expect(
      clusterPlan().stages.map(({ name, kind, failureFamily, needsProxyTraffic }) => [
        name,
        kind,
        failureFamily,
        needsProxyTraffic,
      ]),
    ).toEqual([
      ['image-pull', 'image-pull', 'image-pull', true],
      ['apk-add', 'container', 'apk-download', true],
      ['npm-install', 'container', 'npm-download', true],
      ['go-download', 'container', 'go-download', true],
      ['git-mirror', 'container', 'git-mirror', true],
      ['summary', 'container', 'infrastructure', false],
    ]);
  });

  it('asks for 500 MiB at the proxy, and keeps its numbers in milliseconds', () => {
    expect(clusterPlan()).toMatchObject({
      kind: 'k3s-real-deps',
      thresholds: { payloadBytes: 524_288_000 },
      deadlineMs: 3_600_000,
      sampling: { intervalMs: 250 },
      pullRetry: { maxAttempts: 3, backoffMs: 15_000 },
      cleanUp: { keepFinishedMs: 86_400_000, stopGraceMs: 10_000 },
      omittedStages: [],
    });
  });

  it('gives every container all six proxy variables, and git-mirror its remote', () => {
    for (const stage of clusterPlan().stages.filter(({ kind }) => kind === 'container')) {
      const env = Object.fromEntries(stage.env.map(({ name, value }) => [name, value]));
      expect(env).toEqual({
        HTTP_PROXY: PROXY_URL,
        HTTPS_PROXY: PROXY_URL,
        ALL_PROXY: PROXY_URL,
        http_proxy: PROXY_URL,
        https_proxy: PROXY_URL,
        all_proxy: PROXY_URL,
        NO_PROXY: 'localhost,127.0.0.1,::1,.svc,.cluster.local',
        no_proxy: 'localhost,127.0.0.1,::1,.svc,.cluster.local',
        ...(stage.name === 'git-mirror' ? { GIT_REMOTE: 'https://github.com/git/git.git' } : {}),
      });
    }
  });

  it('renders a ConfigMap with the files, then one Job, all labelled', () => {
    const plan = clusterPlan();
    expect(plan.objects.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name])).toEqual([
      ['v1', 'ConfigMap', `${plan.jobName}-files`],
      ['batch/v1', 'Job', plan.jobName],
    ]);
    for (const object of plan.objects) {
      expect(object.metadata.namespace).toBe('platform-infra');
      expect(object.metadata.labels).toEqual({
        'app.kubernetes.io/name': 'proxybench',
        'app.kubernetes.io/managed-by': 'proxybench',
        'proxybench.dev/run': 'run-1',
        'proxybench.dev/target': 'D601',
        'proxybench.dev/profile': 'real-deps-500m',
      });
    }
    expect(Object.keys(plan.objects[0]?.data ?? {})).toEqual(['npm-install.0.package.json', 'go-download.0.go.mod']);
  });

  it('renders a Job that runs once, on its node, without an API token, and ends by itself', () => {
    const plan = clusterPlan();
    // The type is the test: the rendered Job is a Job to the Kubernetes client.
    const job: V1Job = renderJob({ plan, resources: RESOURCES });

    expect(plan.objects[1]).toEqual(job);
    expect(job.metadata?.annotations).toEqual({ 'proxybench.dev/spec-hash': plan.specHash });
    expect(job.spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: 3_600 + 10 + 300,
    });
    // An orphaned run must stay to be seen: clean-up says when a Job may expire, once its evidence is safe.
    expect(job.spec).not.toHaveProperty('ttlSecondsAfterFinished');
    const pod = job.spec?.template.spec;
    expect(pod).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      nodeSelector: { 'kubernetes.io/hostname': 'd601' },
      terminationGracePeriodSeconds: 10,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod?.volumes?.map((volume) => Object.keys(volume))).toEqual([
      ['name', 'emptyDir'],
      ['name', 'configMap'],
    ]);
    expect(job.spec?.template.metadata?.labels).toEqual(plan.labels);
  });

  it('runs the stages as init containers and the summary as the container, each pulled anew into an empty directory', () => {
    const job: V1Job = renderJob({ plan: clusterPlan(), resources: RESOURCES });
    const pod = job.spec?.template.spec;
    const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];

    expect(pod?.initContainers?.map(({ name, image }) => [name, image])).toEqual([
      ['apk-add', 'docker.io/library/alpine:3.20'],
      ['npm-install', 'docker.io/library/node:22-bookworm'],
      ['go-download', 'docker.io/library/golang:1.24-bookworm'],
      ['git-mirror', 'docker.io/alpine/git:2.47.2'],
    ]);
    expect(pod?.containers.map(({ name, image }) => [name, image])).toEqual([
      ['summary', 'docker.io/library/alpine:3.20'],
    ]);
    for (const container of containers) {
      expect(container.imagePullPolicy).toBe('Always');
      expect(container.volumeMounts?.[0]).toEqual({
        name: 'work',
        mountPath: '/proxybench/work',
        subPath: container.name,
      });
      expect(container.resources?.limits).toEqual({ cpu: '2000m', memory: '2048Mi' });
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(
        container.env?.filter(({ name }) => name === 'HOME' || name === 'TMPDIR').map(({ value }) => value),
      ).toEqual(['/proxybench/work/.home', '/proxybench/work/.tmp']);
    }
    expect(
      containers
        .filter((container) => container.securityContext?.capabilities?.add !== undefined)
        .map(({ name }) => name),
    ).toEqual(['apk-add']);
  });

  it("carries each stage's own argv to the end of its container's", () => {
    const plan = clusterPlan();
    const job: V1Job = renderJob({ plan, resources: RESOURCES });
    const npm = job.spec?.template.spec?.initContainers?.[1];
    const stage = plan.stages.find(({ name }) => name === 'npm-install');

    expect(npm?.command?.slice(0, 3)).toEqual(['sh', '-c', ENTER_STAGE]);
    expect(npm?.command?.slice(3)).toEqual([
      '/proxybench/files/npm-install',
      '/dev/termination-log',
      ...(stage?.command ?? []),
    ]);
    expect(npm?.terminationMessagePath).toBe('/dev/termination-log');
  });

  it('mounts the files only where a stage has some, under their own paths', () => {
    const plan = clusterPlan();
    const job: V1Job = renderJob({ plan, resources: RESOURCES });
    const files: V1ConfigMap | undefined = plan.objects.find(({ kind }) => kind === 'ConfigMap');
    const volume = job.spec?.template.spec?.volumes?.find(({ name }) => name === 'files');

    expect(volume?.configMap).toEqual({
      name: files?.metadata?.name,
      items: [
        { key: 'npm-install.0.package.json', path: 'npm-install/package.json' },
        { key: 'go-download.0.go.mod', path: 'go-download/go.mod' },
      ],
    });
    const mounting = job.spec?.template.spec?.initContainers?.filter(({ volumeMounts }) =>
      volumeMounts?.some(({ name }) => name === 'files'),
    );
    expect(mounting?.map(({ name }) => name)).toEqual(['npm-install', 'go-download']);
  });
});

describe('a plan for this machine', () => {
  it('has no objects and no images, and says where git-mirror gets its source', () => {
    const plan = hostPlan();
    expect(plan.objects).toEqual([]);
    expect(plan.stages.map(({ name, images, tools, serveThisClone }) => [name, images, tools, serveThisClone])).toEqual(
      [
        ['npm-install', [], ['node', 'npm'], false],
        ['go-download', [], ['go'], false],
        ['git-mirror', [], ['git'], true],
      ],
    );
    const git = plan.stages.at(-1);
    expect(git).toMatchObject({ remote: 'this-clone', note: 'source: this clone over loopback' });
    expect(git?.env.map(({ name }) => name)).not.toContain('GIT_REMOTE');
  });

  it('mirrors a public remote instead when the run asks for one', () => {
    const gitRemote = 'https://github.com/git/git.git';
    const plan = renderPlan({ config, request: { target: 'local', profile: 'host-deps', gitRemote }, runId: 'run-1' });
    const git = plan.stages.at(-1);

    expect(git).toMatchObject({ remote: gitRemote, serveThisClone: false });
    expect(git?.note).toBeUndefined();
    expect(git?.env.find(({ name }) => name === 'GIT_REMOTE')?.value).toBe(gitRemote);
  });

  it('empties NO_PROXY, so that the Git server on loopback is reached through the proxy', () => {
    for (const stage of hostPlan().stages) {
      expect(stage.env.filter(({ name }) => name.toLowerCase() === 'no_proxy').map(({ value }) => value)).toEqual([
        '',
        '',
      ]);
    }
  });
});

describe('a plan', () => {
  it('is equal for equal inputs, and plain data', () => {
    expect(clusterPlan()).toEqual(clusterPlan());
    expect(JSON.parse(JSON.stringify(clusterPlan()))).toEqual(clusterPlan());
  });

  it('has one digest for every run of the same thing, and another for another thing', () => {
    const digest = (plan: Plan) => plan.specHash;
    expect(digest(clusterPlan('run-2'))).toBe(digest(clusterPlan('run-1')));
    const others = [
      renderPlan({ config, request: { target: 'D518', profile: 'real-deps-500m' }, runId: 'run-1' }),
      renderPlan({
        config,
        request: { target: 'D601', profile: 'real-deps-500m', deadlineMs: 60_000 },
        runId: 'run-1',
      }),
      hostPlan(),
    ];
    expect(new Set([clusterPlan(), ...others].map(digest)).size).toBe(4);
  });

  it.each(['a', 'run-1', `x${'0'.repeat(61)}9`])(
    'names its Job after profile, run %s and digest, within a label',
    (runId) => {
      const names = [clusterPlan(runId), hostPlan(runId)].map(({ jobName }) => jobName);
      for (const name of names) {
        expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/);
      }
      expect(names[0]).toMatch(new RegExp(`-${clusterPlan().specHash.slice(0, 8)}$`));
    },
  );

  it('gives two runs whose ids differ at the end two names', () => {
    const long = 'r'.repeat(62);
    expect(clusterPlan(`${long}1`).jobName).not.toBe(clusterPlan(`${long}2`).jobName);
  });

  it('holds no secret, only where to read it, in its reference too', () => {
    const { proxy } = referenceOf(clusterPlan());
    expect(proxy.controlSecret).toEqual({ env: 'SUB2API_EGRESS_PROXY_CONTROL_SECRET' });
  });

  it("takes a run's own deadline", () => {
    const plan = renderPlan({
      config,
      request: { target: 'local', profile: 'host-deps', deadlineMs: 1_000 },
      runId: 'run-1',
    });
    expect(plan.deadlineMs).toBe(1_000);
  });
});

describe('a request that cannot be met', () => {
  const refused =
    (request: { target?: string; profile?: string; deadlineMs?: number; gitRemote?: string }, runId = 'run-1') =>
    () =>
      renderPlan({ config, request: { target: 'local', profile: 'host-deps', ...request }, runId });

  it.each([
    [
      'a cluster profile on this machine',
      refused({ profile: 'real-deps-500m' }),
      /targets\.local\.reach: profile real-deps-500m needs a cluster.*Use --profile host-deps/,
    ],
    [
      'a host profile on a cluster',
      refused({ target: 'D601' }),
      /profile host-deps needs a host.*Use --profile real-deps-500m/,
    ],
    [
      'a deadline below a second',
      refused({ deadlineMs: 999 }),
      /deadlineMs: is no deadline \(got 999\).*1000 to 86400000/,
    ],
    ['half a millisecond', refused({ deadlineMs: 1_000.5 }), /deadlineMs: is no deadline/],
    [
      'a remote inside a network',
      refused({ gitRemote: 'https://gitea.infra.svc/x.git' }),
      /gitRemote: names a host inside a network/,
    ],
    ['a remote on loopback', refused({ gitRemote: 'http://127.0.0.1:3000/x.git' }), /gitRemote: does not use https/],
    ['a run id that fits no label', refused({}, 'Run_1'), /runId: is no usable run id/],
  ])('%s is refused with what to do', (_title, render, message) => {
    expect(render).toThrow(message);
  });

  it('is told with every problem at once', () => {
    expect(refused({ profile: 'real-deps-500m', deadlineMs: 1, gitRemote: 'x' }, '-')).toThrow(
      /runId[^\n]*\ndeadlineMs[^\n]*\ngitRemote[^\n]*\n[^\n]*targets\.local\.reach/,
    );
  });
});
