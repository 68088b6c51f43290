// Profile × target → Plan. Pure: equal inputs make equal Plans.
import type { Plan, Stage } from '../../plan/plan.ts';
import { BYTES_PER_MIB } from '../../quantities/quantities.ts';
import { makePlan } from '../make-plan.ts';
import type { PlanInput } from '../profile-kind.ts';
import { renderObjects } from '../job.ts';
import type { RealDepsProfile, RealDepsStage } from './schema.ts';
import { STAGE_CATALOGUE } from './stage-catalogue.ts';
import { proxyEnvironment } from './stage-environment.ts';

const MS_PER_SECOND = 1_000;

/** What `Stage.remote` says when a host target serves its own clone. */
export const THIS_CLONE = 'this-clone';

/** The Plan of one run. The profile must suit the target; `renderPlan` sees to that. */
export function planRealDeps(input: PlanInput<RealDepsProfile>): Plan {
  const { payloadMiB, realDeps } = input.profile;
  return makePlan(input, {
    stages: plannedStages(input),
    thresholds: { payloadBytes: Math.ceil(payloadMiB * BYTES_PER_MIB) },
    render: (plan) => renderObjects({ plan, resources: realDeps.resources }),
  });
}

function plannedStages(input: PlanInput<RealDepsProfile>): readonly Stage[] {
  const { realDeps } = input.profile;
  if (input.target.connection.reach === 'host') {
    return realDeps.stages.filter((stage) => stage.name !== 'summary').map((stage) => plannedStage({ input, stage }));
  }
  const containers = realDeps.stages.map((stage) => plannedStage({ input, stage }));
  const imagePull: Stage = {
    name: 'image-pull',
    kind: 'image-pull',
    failureFamily: 'image-pull',
    deadlineMs: realDeps.imagePull.deadlineSeconds * MS_PER_SECOND,
    // Even a node that holds every layer asks for each manifest, so a proxy in its way sees something.
    needsProxyTraffic: realDeps.imagePull.throughProxy,
    images: [...new Set(containers.flatMap((stage) => stage.images))],
    command: [],
    env: [],
    files: {},
    tools: [],
    serveThisClone: false,
  };
  return [imagePull, ...containers];
}

function plannedStage(given: { readonly input: PlanInput<RealDepsProfile>; readonly stage: RealDepsStage }): Stage {
  const { input, stage } = given;
  const { gitMirror } = input.profile.realDeps;
  const facts = STAGE_CATALOGUE[stage.name];
  const onHost = input.target.connection.reach === 'host';
  const isGit = stage.name === 'git-mirror';
  const remote = input.request.gitRemote ?? gitMirror.remote;
  const image = isGit ? gitMirror.image : stage.image;
  const env = proxyEnvironment(input.proxy);
  return {
    name: stage.name,
    kind: 'container',
    failureFamily: facts.failureFamily,
    deadlineMs: stage.deadlineSeconds * MS_PER_SECOND,
    needsProxyTraffic: facts.needsProxyTraffic,
    images: onHost || image === undefined ? [] : [image],
    command: stage.command,
    env: isGit && remote !== undefined ? [...env, { name: 'GIT_REMOTE', value: remote }] : env,
    files: stage.files,
    tools: stage.tools ?? facts.tools,
    ...(isGit ? { remote: remote ?? THIS_CLONE } : {}),
    serveThisClone: isGit && remote === undefined,
    ...(isGit && remote === undefined ? { note: 'source: this clone over loopback' } : {}),
  };
}
