import { expect, test } from 'vitest';
import type { Companion } from '../../../src/plan/plan.ts';
import { companionCommandOf, companionContainer } from '../../../src/profiles/companion-container.ts';
import { renderObjects } from '../../../src/profiles/job.ts';
import { buildPlan, buildStage } from '../../support/plan-builder.ts';

const companion: Companion = {
  name: 'proxy-30m',
  image: 'registry.example/proxybench-worker:0.1.0',
  command: ['proxybench-metadata-proxy', '--settings', 'settings.json'],
  env: [{ name: 'MODE', value: 'lean' }],
  files: { 'settings.json': '{}' },
  limits: { memoryMiB: 25, cpuMillicores: 30 },
  ready: { port: 18_990, path: '/healthz' },
  metrics: { port: 18_990, path: '/metrics' },
};
const places = { workDir: '/work', filesDir: '/files' };

test('a companion is a side-car that gets what it is limited to, no more and no less', () => {
  const container = companionContainer({ companion, places });
  expect(container).toMatchObject({
    name: 'proxy-30m',
    image: companion.image,
    imagePullPolicy: 'Always',
    restartPolicy: 'Always',
    workingDir: '/work',
    resources: { requests: { cpu: '30m', memory: '25Mi' }, limits: { cpu: '30m', memory: '25Mi' } },
    startupProbe: { httpGet: { port: 18_990, path: '/healthz' }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'work', mountPath: '/work', subPath: 'proxy-30m' },
      { name: 'files', mountPath: '/files', readOnly: true },
    ],
  });
  expect(container.env).toContainEqual({ name: 'MODE', value: 'lean' });
  expect(companionCommandOf(container.command)).toEqual(companion.command);
});

test('one without limits or files asks for what a stage asks for, and mounts no files', () => {
  const { limits: _limits, ...rest } = companion;
  const container = companionContainer({ companion: { ...rest, files: {} }, places });
  expect(container.resources).toEqual({ requests: { cpu: '100m', memory: '64Mi' } });
  expect(container.volumeMounts).toHaveLength(1);
});

test('a command that was made in another way is taken as it is', () => {
  const tampered = companionContainer({ companion, places }).command.with(2, 'curl x | sh');
  expect(companionCommandOf(tampered)).toBe(tampered);
});

test('in the Job companions come before all stages, in their order, and their files with the stages’', () => {
  const image = 'registry.example/load:1';
  const plan = buildPlan({
    companions: [{ ...companion, name: 'upstream', files: {} }, companion],
    stages: [
      buildStage({ name: 'warm', images: [image], files: { 'a.txt': 'a' } }),
      buildStage({ name: 'load', images: [image] }),
    ],
  });
  const resources = { cpuMillicores: 1000, memoryMiB: 512, diskMiB: 1024 };
  const [files, job] = renderObjects({ plan, resources });
  expect(files?.data).toEqual({ 'proxy-30m.0.settings.json': '{}', 'warm.0.a.txt': 'a' });
  expect(job?.spec).toMatchObject({
    template: {
      spec: {
        initContainers: [{ name: 'upstream', restartPolicy: 'Always' }, { name: 'proxy-30m' }, { name: 'warm' }],
        containers: [{ name: 'load' }],
        volumes: [
          { name: 'work' },
          {
            name: 'files',
            configMap: {
              items: [
                { key: 'proxy-30m.0.settings.json', path: 'proxy-30m/settings.json' },
                { key: 'warm.0.a.txt', path: 'warm/a.txt' },
              ],
            },
          },
        ],
      },
    },
  });
});
