import { beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { renderPlan } from '../../../src/config/render-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { dryRunDocument, remoteImages } from '../../../src/profiles/dry-run.ts';
import { renderDryRun } from '../../../src/reports/dry-run-text.ts';
import { PLAIN } from '../../../src/reports/paint.ts';
import { SHIPPED_CONFIG_DIR } from '../../support/config-dir.ts';

let config: Config;

beforeAll(async () => {
  config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
});

const planFor = (target: string, profile: string) =>
  renderPlan({ config, request: { target, profile }, runId: 'dry-run' });

const IMAGES = [
  'docker.io/alpine/git:2.47.2',
  'docker.io/library/alpine:3.20',
  'docker.io/library/golang:1.24-bookworm',
  'docker.io/library/node:22-bookworm',
];

describe('a dry run', () => {
  it('tells all that a run on a cluster would do', () => {
    const plan = planFor('D601', 'real-deps-500m');
    const document = dryRunDocument(plan);

    expect(document).toMatchObject({
      target: 'D601',
      reach: 'trans route D601',
      profile: 'real-deps-500m',
      jobName: plan.jobName,
      deadlineMs: 3_600_000,
      payloadBytes: 524_288_000,
      labels: plan.labels,
      images: IMAGES,
      remotes: ['https://github.com/git/git.git'],
      proxy: { controlSecret: 'from environment variable SUB2API_EGRESS_PROXY_CONTROL_SECRET' },
    });
    expect(document.stages.map(({ name, files }) => [name, files])).toEqual([
      ['image-pull', []],
      ['apk-add', []],
      ['npm-install', ['package.json']],
      ['go-download', ['go.mod']],
      ['git-mirror', []],
      ['summary', []],
    ]);
    expect(Object.keys(document.proxyEnvironment)).toHaveLength(8);
    expect(document.manifest).toEqual(plan.objects);
  });

  it('says of this machine that it pulls nothing and mirrors this clone', () => {
    const document = dryRunDocument(planFor('local', 'host-deps'));
    expect(document).toMatchObject({
      reach: 'host',
      images: [],
      remotes: ['this-clone'],
      manifest: [],
      proxy: { controlSecret: 'none' },
    });
    expect(document.stages.at(-1)?.note).toBe('source: this clone over loopback');
  });

  it('masks user and password wherever a URL carries them', () => {
    const plan = planFor('D601', 'real-deps-500m');
    const leaky: Plan = JSON.parse(
      JSON.stringify(plan)
        .replaceAll('http://sub2api-', 'http://user:hunter2@sub2api-')
        .replaceAll('https://github', 'https://hunter2@github'),
    );
    const text = JSON.stringify(dryRunDocument(leaky));

    expect(JSON.stringify(leaky)).toContain('hunter2');
    expect(text).not.toContain('hunter2');
    expect(text).toContain('http://***@sub2api-egress-proxy');
  });

  it('counts each image of several runs once', () => {
    const plans = [planFor('D601', 'real-deps-500m'), planFor('D518', 'real-deps-500m'), planFor('local', 'host-deps')];
    expect(remoteImages(plans)).toEqual(IMAGES);
  });

  it('tells what runs beside the stages, and what it may use', () => {
    const document = dryRunDocument(planFor('local', 'metadata-proxy-small'));
    expect(document).toMatchObject({
      sampled: 'companions',
      thresholds: { payloadBytes: 0, failedRequests: 0, restarts: 0 },
      proxyEnvironment: {},
      images: [],
    });
    expect(document.companions).toEqual([
      {
        name: 'upstream',
        image: null,
        command: ['proxybench-metadata-upstream', '127.0.0.1:18980'],
        files: [],
        limits: null,
        ports: [18_980],
      },
      {
        name: 'proxy-500m',
        image: null,
        command: ['proxybench-metadata-proxy', '--settings', 'settings.json'],
        files: ['settings.json'],
        limits: { cpuMillicores: 500, memoryMiB: 25 },
        ports: [18_982],
      },
      expect.objectContaining({ name: 'proxy-100m', limits: { cpuMillicores: 100, memoryMiB: 25 }, ports: [18_984] }),
    ]);
    const lines = renderDryRun({ plans: [document], images: [], paint: PLAIN }).split('\n');
    expect(lines).toContain(
      '  proxy       local-egress-proxy, held by the run and not used: it reads its own companions',
    );
    expect(lines).toContain(
      '  acceptance  at most 0 failed requests of a load, at most 0 restarts of a program under test, sampled every 1.0 s',
    );
    expect(lines.find((line) => line.startsWith('  load-100m '))).toMatch(
      / infrastructure +1,000 requests, 50 at a time, to :18983$/,
    );
    expect(lines).toContain('  proxy-500m         500m, 25 MiB  18982  proxybench-metadata-proxy');
    expect(lines.join('\n')).not.toContain('proxy environment');
    const narrow = renderDryRun({ plans: [document], images: [], paint: PLAIN, width: 80 });
    expect(narrow).toContain('1,000 requests, 50 at a time, to :18983');
  });
});
