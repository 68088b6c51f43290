import type { V1Job } from '@kubernetes/client-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { renderPlan } from '../../../../src/config/render-plan.ts';
import { InvalidInputError } from '../../../../src/errors/errors.ts';
import { referenceOf } from '../../../../src/plan/plan.ts';
import type { Plan, Stage } from '../../../../src/plan/plan.ts';
import { MAX_LOAD_REPORT_BYTES } from '../../../../src/load/load-report.ts';
import { checkSettings } from '../../../../src/profiles/metadata-proxy/check-settings.ts';
import {
  type MetadataProxyProfile,
  metadataProxyProfileSchema,
} from '../../../../src/profiles/metadata-proxy/schema.ts';
import { DEFAULT_RULES } from '../../../../src/proxies/metadata-proxy/default-rules.ts';
import { NUMBERS } from '../../../../src/proxies/metadata-proxy/setting-bounds.ts';
import { SHIPPED_CONFIG_DIR } from '../../../support/config-dir.ts';

/** What all containers of a Pod may say at their end, as a kubelet bounds it. */
const LAST_WORDS_BYTES = 12 * 1_024;
/** The line before the report: start, end, exit code and length, each at its longest. */
const STAGE_LINE_BYTES = `${JSON.stringify({
  proxybench: 1,
  startedAtNs: '1795297319241000000',
  endedAtNs: '1795297319241000000',
  exitCode: 255,
  reportBytes: MAX_LOAD_REPORT_BYTES,
})}\n\n`.length;

let config: Config;

beforeAll(async () => {
  const shipped = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
  const kube = { reach: 'kubeconfig', context: 'kube', node: 'Node-1', namespace: 'bench' } as const;
  const targets = { ...shipped.targets, kube: { ...kube, proxyService: 'sub2api-egress-proxy' } };
  config = { ...shipped, targets };
});

type Settings = MetadataProxyProfile['metadataProxy'];

function planOf(
  input: { target?: string; runId?: string; change?: Partial<Settings>; deadlineMs?: number } = {},
): Plan {
  const { target = 'local', runId = 'run-1', change = {}, deadlineMs } = input;
  const name = 'metadata-proxy-25mi';
  const profile = config.profiles[name];
  if (profile?.kind !== 'metadata-proxy') throw new Error(`${name} is of another kind`);
  const changed = { ...profile, metadataProxy: { ...profile.metadataProxy, ...change } };
  const request = { target, profile: name, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  return renderPlan({ config: { ...config, profiles: { [name]: changed } }, request, runId });
}

const settingsOf = (plan: Plan, name: string): unknown =>
  JSON.parse(plan.companions?.find((each) => each.name === name)?.files['settings.json'] ?? 'null');

describe('a plan for this machine', () => {
  it('has its numbers in milliseconds, its thresholds, and reads its own companions', () => {
    expect(planOf()).toMatchObject({
      version: 1,
      runId: 'run-1',
      kind: 'metadata-proxy',
      profile: 'metadata-proxy-25mi',
      target: { name: 'local', node: 'local', namespace: 'local', connection: { reach: 'host' } },
      proxy: { service: 'local-egress-proxy' },
      objects: [],
      omittedStages: [],
      sampling: { intervalMs: 2_000, source: 'companions' },
      deadlineMs: 7_200_000,
      pullRetry: { maxAttempts: 3, backoffMs: 15_000 },
      thresholds: { payloadBytes: 0, failedRequests: 0, restarts: 0 },
      cleanUp: { keepFinishedMs: 86_400_000, stopGraceMs: 2_000 },
    });
  });

  it('runs the fake metadata server without limits and a proxy within each, every one on ports of its own', () => {
    const proxy = { image: null, command: ['proxybench-metadata-proxy', '--settings', 'settings.json'], env: [] };
    expect(planOf().companions).toEqual([
      {
        name: 'upstream',
        image: null,
        command: ['proxybench-metadata-upstream', '127.0.0.1:18980'],
        env: [],
        files: {},
        ready: { port: 18_980, path: '/healthz' },
      },
      {
        ...proxy,
        name: 'proxy-500m',
        files: { 'settings.json': expect.any(String) },
        limits: { cpuMillicores: 500, memoryMiB: 25 },
        ready: { port: 18_982, path: '/healthz' },
        metrics: { port: 18_982, path: '/metrics' },
      },
      {
        ...proxy,
        name: 'proxy-30m',
        files: { 'settings.json': expect.any(String) },
        limits: { cpuMillicores: 30, memoryMiB: 25 },
        ready: { port: 18_984, path: '/healthz' },
        metrics: { port: 18_984, path: '/metrics' },
      },
    ]);
  });

  it('hands each proxy the whole of its settings', () => {
    expect(settingsOf(planOf(), 'proxy-30m')).toEqual({
      listen: { host: '127.0.0.1', port: 18_983 },
      metrics: { host: '127.0.0.1', port: 18_984 },
      upstream: 'http://127.0.0.1:18980',
      rules: DEFAULT_RULES,
      maxConnections: 100,
      merge: true,
      cache: true,
      tokenMarginMs: 300_000,
      clientTimeoutMs: 60_000,
      upstreamTimeoutMs: 60_000,
      longestWaitMs: 3_600_000,
      stopGraceMs: 10_000,
      accessLog: false,
    });
    expect(settingsOf(planOf({ change: { caching: 'off' } }), 'proxy-500m')).toMatchObject({
      merge: false,
      cache: false,
    });
  });

  it('lets a profile ask of a proxy no more than the proxy takes', () => {
    const { min, max, fallback } = NUMBERS.maxConnections;
    const own = metadataProxyProfileSchema.shape.metadataProxy.shape.maxConnections;
    expect(own.safeParse(undefined).data).toBe(fallback);
    expect([min - 1, min, max, max + 1].map((most) => own.safeParse(most).success)).toEqual([false, true, true, false]);
  });

  it('loads one proxy after the other, and leaves failed requests to the judge', () => {
    const load = {
      kind: 'container',
      failureFamily: 'infrastructure',
      deadlineMs: 3_600_000,
      needsProxyTraffic: false,
      images: [],
      env: [],
      files: {},
      tools: [],
      serveThisClone: false,
    };
    const ofPort = (port: number, requests: number): Pick<Stage, 'command' | 'load'> => {
      const url = `http://127.0.0.1:${port}/computeMetadata/v1/instance/service-accounts/default/token`;
      const command = [
        ...['proxybench-load', url, '--requests', String(requests), '--connections', '200', '--http10'],
        ...['--header', 'Metadata-Flavor: Google', '--timeout', '30s', '--report-file', 'proxybench-report.json'],
        '--exit-zero-on-failures',
      ];
      return { command, load: { requests, connections: 200, url } };
    };
    expect(planOf().stages).toEqual([
      {
        ...load,
        ...ofPort(18_981, 200_000),
        name: 'load-500m',
        note: '200,000 requests, 200 at a time, to :18981',
      },
      { ...load, ...ofPort(18_983, 5_000), name: 'load-30m', note: '5,000 requests, 200 at a time, to :18983' },
    ]);
  });

  it('uses connections again when told to, and the path and the time that it was told', () => {
    const { command } =
      planOf({ change: { keepAlive: true, path: '/x?alt=json', requestTimeoutSeconds: 7 } }).stages[0] ?? {};
    expect(command?.slice(1, 2)).toEqual(['http://127.0.0.1:18981/x?alt=json']);
    expect(command).toContain('--keep-alive');
    expect(command).not.toContain('--http10');
    expect(command).toContain('7s');
  });

  it('tells limits of one CPU apart by their memory', () => {
    const limit = { cpuMillicores: 500, memoryMiB: 25, requests: 10, concurrency: 2, deadlineSeconds: 60 };
    const { stages, companions = [] } = planOf({ change: { limits: [limit, { ...limit, memoryMiB: 64 }] } });
    expect(stages.map(({ name }) => name)).toEqual(['load-500m-25mi', 'load-500m-64mi']);
    expect(companions.map(({ name }) => name)).toEqual(['upstream', 'proxy-500m-25mi', 'proxy-500m-64mi']);
  });

  it('is the same for equal inputs, and has another digest for other settings, not for another run', () => {
    expect(planOf()).toEqual(planOf());
    expect(planOf({ runId: 'run-2' }).specHash).toBe(planOf().specHash);
    expect(planOf({ change: { caching: 'off' } }).specHash).not.toBe(planOf().specHash);
    expect(planOf().jobName).toBe(`metadata-proxy-run-1-${planOf().specHash.slice(0, 8)}`);
  });

  it('takes a deadline of its own, and no Git remote', () => {
    expect(planOf({ deadlineMs: 9_000 }).deadlineMs).toBe(9_000);
    const request = { target: 'local', profile: 'metadata-proxy-25mi', gitRemote: 'https://github.com/git/git.git' };
    expect(() => renderPlan({ config, request, runId: 'run-1' })).toThrow(
      'gitRemote: is for profiles that clone a repository',
    );
  });
});

describe('a plan for a cluster', () => {
  const clusterPlan = (): Plan => planOf({ target: 'kube' });

  it('pulls the project’s own image first, and runs nothing else', () => {
    const { stages, companions = [] } = clusterPlan();
    expect(stages.map(({ name, kind, failureFamily, images }) => [name, kind, failureFamily, images])).toEqual([
      ['image-pull', 'image-pull', 'image-pull', ['proxybench-worker:0.1.0']],
      ['load-500m', 'container', 'infrastructure', ['proxybench-worker:0.1.0']],
      ['load-30m', 'container', 'infrastructure', ['proxybench-worker:0.1.0']],
      ['last-look', 'container', 'infrastructure', ['proxybench-worker:0.1.0']],
    ]);
    expect(stages.at(-1)).toMatchObject({ command: ['sleep', '35'], deadlineMs: 140_000 });
    expect(stages[0]).toMatchObject({ deadlineMs: 900_000, needsProxyTraffic: false, command: [] });
    expect(companions.map(({ image }) => image)).toEqual(companions.map(() => 'proxybench-worker:0.1.0'));
  });

  it('lets the kubelet see what it asks for readiness, and nobody else reach the proxy', () => {
    const plan = clusterPlan();
    expect(plan.companions?.[0]?.command).toEqual(['proxybench-metadata-upstream', '0.0.0.0:18980']);
    expect(settingsOf(plan, 'proxy-500m')).toMatchObject({
      listen: { host: '127.0.0.1', port: 18_981 },
      metrics: { host: '0.0.0.0', port: 18_982 },
    });
  });

  it('renders a ConfigMap and one Job, whose side-cars have exactly the limits and come before the loads', () => {
    const plan = clusterPlan();
    expect(plan.objects.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Job']);
    const job = plan.objects[1] as unknown as V1Job;
    const { initContainers = [], containers = [] } = job.spec?.template.spec ?? {};
    expect(initContainers.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['upstream', 'Always'],
      ['proxy-500m', 'Always'],
      ['proxy-30m', 'Always'],
      ['load-500m', undefined],
      ['load-30m', undefined],
    ]);
    expect(containers.map(({ name }) => name)).toEqual(['last-look']);
    expect(initContainers[2]?.resources).toEqual({
      requests: { cpu: '30m', memory: '25Mi' },
      limits: { cpu: '30m', memory: '25Mi' },
    });
    expect(initContainers[3]?.resources?.limits).toEqual({ cpu: '2000m', memory: '512Mi' });
  });

  it('leaves each container room for the report of a load, with the most limits that a cluster may have, not more', () => {
    const limit = { memoryMiB: 25, requests: 10, concurrency: 2, deadlineSeconds: 60 };
    const roomWith = (cpus: readonly number[]): number => {
      const limits = cpus.map((cpuMillicores) => ({ ...limit, cpuMillicores }));
      const job = planOf({ target: 'kube', change: { limits } }).objects[1] as unknown as V1Job;
      const { initContainers = [], containers = [] } = job.spec?.template.spec ?? {};
      return Math.floor(LAST_WORDS_BYTES / (initContainers.length + containers.length)) - STAGE_LINE_BYTES;
    };
    expect(checkSettings({ metadataProxy: { limits: [{}, {}] } })).toEqual([]);
    expect(roomWith([500, 30])).toBeGreaterThanOrEqual(MAX_LOAD_REPORT_BYTES);
    expect(roomWith([500, 100, 30])).toBeLessThan(MAX_LOAD_REPORT_BYTES);
  });

  it('names the proxies and their limits in what travels with every call', () => {
    expect(referenceOf(clusterPlan()).companions).toEqual([
      { name: 'upstream' },
      {
        name: 'proxy-500m',
        limits: { memoryMiB: 25, cpuMillicores: 500 },
        metrics: { port: 18_982, path: '/metrics' },
      },
      { name: 'proxy-30m', limits: { memoryMiB: 25, cpuMillicores: 30 }, metrics: { port: 18_984, path: '/metrics' } },
    ]);
  });

  it('is refused for a target that is reached by trans, before anything is done', () => {
    const refused = (): Plan => planOf({ target: 'D601' });
    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(/targets\.D601\.reach: .*metadata-proxy cannot run over trans/);
  });
});
