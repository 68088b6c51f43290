import { beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { renderPlan } from '../../../../src/config/render-plan.ts';
import type { Plan, PlannedObject, Stage } from '../../../../src/plan/plan.ts';
import { checkRendered } from '../../../../src/profiles/real-deps/check-rendered.ts';
import { SHIPPED_CONFIG_DIR } from '../../../support/config-dir.ts';
import { realDepsProfile } from '../../../support/real-deps-profile.ts';

let config: Config;

beforeAll(async () => {
  config = await loadConfig({ configDir: SHIPPED_CONFIG_DIR });
});

const clusterPlan = () =>
  renderPlan({ config, request: { target: 'D601', profile: 'real-deps-500m' }, runId: 'run-1' });
const hostPlan = () => renderPlan({ config, request: { target: 'local', profile: 'host-deps' }, runId: 'run-1' });

const withStage = (plan: Plan, name: string, change: Partial<Stage>): Plan => ({
  ...plan,
  stages: plan.stages.map((stage) => (stage.name === name ? { ...stage, ...change } : stage)),
});

/** The Job with `from` replaced by `to` in its JSON. */
const withJobText = (plan: Plan, from: string, to: string): Plan => {
  const objects: PlannedObject[] = plan.objects.map((object) => {
    if (object.kind !== 'Job') return object;
    const text = JSON.stringify(object);
    if (!text.includes(from)) throw new Error(`the Job does not hold ${from}`);
    const changed: PlannedObject = JSON.parse(text.replace(from, to));
    return changed;
  });
  return { ...plan, objects };
};

const placesOf = (plan: Plan) => checkRendered(plan).map(({ path, message }) => `${path} ${message}`);
const pod = 'objects[1].spec.template.spec';

describe('a rendered plan', () => {
  it('as shipped breaks no rule', () => {
    expect(checkRendered(clusterPlan())).toEqual([]);
    expect(checkRendered(hostPlan())).toEqual([]);
  });

  it.each<readonly [string, (plan: Plan) => Plan, string]>([
    [
      'a pull policy other than Always',
      (plan) => withJobText(plan, '"imagePullPolicy":"Always"', '"imagePullPolicy":"IfNotPresent"'),
      `${pod}.initContainers[0].imagePullPolicy is not Always`,
    ],
    [
      'no pull policy',
      (plan) => withJobText(plan, '"imagePullPolicy":"Always",', ''),
      `${pod}.initContainers[0].imagePullPolicy is not Always`,
    ],
    [
      'an image that stands in',
      (plan) => withJobText(plan, 'node:22-bookworm', 'node:22-alpine'),
      `${pod}.initContainers[1].image stands in for the real image of npm-install`,
    ],
    [
      'a volume of the node',
      (plan) => withJobText(plan, '"emptyDir":{"sizeLimit":"12288Mi"}', '"hostPath":{"path":"/var/cache"}'),
      `${pod}.volumes[0].hostPath could bring a cache from an earlier run`,
    ],
    [
      'a claimed volume',
      (plan) => withJobText(plan, '"emptyDir":{"sizeLimit":"12288Mi"}', '"persistentVolumeClaim":{"claimName":"npm"}'),
      `${pod}.volumes[0].persistentVolumeClaim could bring a cache from an earlier run`,
    ],
    [
      'a mirror in a command',
      (plan) =>
        withJobText(plan, 'npm install --ignore', 'npm install --registry https://registry.npmmirror.com --ignore'),
      `${pod}.initContainers[1].command a regional or private mirror must not stand in for the upstream`,
    ],
    [
      'a mirror in the environment',
      (plan) =>
        withJobText(plan, '"name":"HOME","value":"/proxybench/work/.home"', '"name":"GOPROXY","value":"direct"'),
      `${pod}.initContainers[0].env.GOPROXY a registry, module proxy or package source must not be overridden`,
    ],
    [
      'a third kind of object',
      (plan) => ({
        ...plan,
        objects: plan.objects.map((object) =>
          object.kind === 'ConfigMap' ? { ...object, kind: 'PersistentVolumeClaim' } : object,
        ),
      }),
      'objects[0].kind is no part of this benchmark',
    ],
    [
      'a loose version in a file',
      (plan) => ({
        ...plan,
        objects: plan.objects.map((object) =>
          object.data === undefined
            ? object
            : { ...object, data: { 'npm-install.0.package.json': '{"dependencies":{"a":"*"}}' } },
        ),
      }),
      'objects[0].data.npm-install.0.package.json gives a no exact version',
    ],
    [
      'pulled images that no stage runs',
      (plan) => withStage(plan, 'image-pull', { images: ['docker.io/library/alpine:3.20'] }),
      'stages[0].images are not the images that the stages run',
    ],
    [
      'a stage without the proxy',
      (plan) =>
        withStage(plan, 'summary', { env: plan.stages[5]?.env.filter(({ name }) => name !== 'ALL_PROXY') ?? [] }),
      'stages[5].env.ALL_PROXY does not name the proxy under test',
    ],
    [
      'a speed test',
      (plan) => withStage(plan, 'apk-add', { command: ['npx', 'speedtest-net'] }),
      'stages[1].command a speed test or filler download is no evidence of real dependencies',
    ],
    [
      'a hidden failure',
      (plan) => withStage(plan, 'apk-add', { command: ['sh', '-euc', 'apk add git || true'] }),
      'stages[1].command a stage must not hide that a step failed',
    ],
    [
      'a cluster that serves a clone',
      (plan) => withStage(plan, 'git-mirror', { serveThisClone: true }),
      'stages[4].remote must be this clone, on a host target, and nothing else',
    ],
    [
      'a remote that is not the one told',
      (plan) => withStage(plan, 'git-mirror', { remote: 'https://github.com/golang/go.git' }),
      'stages[4].remote differs from what the stage is given as GIT_REMOTE',
    ],
  ])('with %s is refused, though its profile was never seen', (_title, change, expected) => {
    expect(placesOf(change(clusterPlan()))).toEqual([expected]);
  });

  it('for this machine may mirror this clone, and nothing else on loopback', () => {
    const git = hostPlan().stages.findIndex(({ name }) => name === 'git-mirror');
    const remote = 'http://127.0.0.1:3000/x.git';
    const env = [...(hostPlan().stages[git]?.env ?? []), { name: 'GIT_REMOTE', value: remote }];

    expect(placesOf(withStage(hostPlan(), 'git-mirror', { serveThisClone: false, remote, env }))).toEqual([
      `stages[${git}].remote does not use https`,
    ]);
    expect(placesOf(withStage(hostPlan(), 'git-mirror', { env }))).toEqual([
      `stages[${git}].remote must be this clone, on a host target, and nothing else`,
    ]);
  });

  it('that breaks a rule is never given out, even when the configuration was made without the schema', () => {
    const profile = realDepsProfile({ config, name: 'host-deps' });
    const [first, ...others] = profile.realDeps.stages;
    if (first === undefined) throw new Error('host-deps has no stage');
    const stages = [{ ...first, command: ['npm', 'config', 'set', 'registry', '$R'] }, ...others];
    const forged: Config = {
      ...config,
      profiles: { 'host-deps': { ...profile, realDeps: { ...profile.realDeps, stages } } },
    };

    expect(() =>
      renderPlan({ config: forged, request: { target: 'local', profile: 'host-deps' }, runId: 'run-1' }),
    ).toThrow(/^stages\[0\]\.command: a registry, module proxy or package source must not be overridden/);
  });
});
