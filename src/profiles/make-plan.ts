// What every kind's Plan has alike: names made from a digest of the rest, labels, deadlines, objects for a cluster.
import type { Plan, PlannedObject } from '../plan/plan.ts';
import type { CommonProfile } from './profile-fields.ts';
import type { PlanInput } from './profile-kind.ts';
import { runLabels } from './run-labels.ts';
import { jobNameFor, specDigest } from './spec-digest.ts';

const MS_PER_SECOND = 1_000;

/** What a kind says of its Plan. */
export interface PlanParts extends Pick<Plan, 'stages' | 'thresholds'> {
  readonly companions?: Plan['companions'];
  /** Where samples come from; the proxy's control API unless given. */
  readonly source?: NonNullable<Plan['sampling']['source']>;
  /** The objects for a cluster, in the order in which they are to be applied; not called for a host target. */
  readonly render: (plan: Plan) => readonly PlannedObject[];
}

/** Pure: equal inputs make equal Plans. */
export function makePlan(input: PlanInput<CommonProfile>, parts: PlanParts): Plan {
  const specHash = specDigest(planNamed({ input, parts, runId: '', jobName: '', specHash: '' }));
  const jobName = jobNameFor({ profile: input.profileName, runId: input.runId, specHash });
  return planNamed({ input, parts, runId: input.runId, jobName, specHash });
}

function planNamed(given: {
  readonly input: PlanInput<CommonProfile>;
  readonly parts: PlanParts;
  readonly runId: string;
  readonly jobName: string;
  readonly specHash: string;
}): Plan {
  const { input, parts, runId, jobName, specHash } = given;
  const { profile, profileName, target, proxy, request } = input;
  const { companions, source } = parts;
  const draft: Plan = {
    version: 1,
    runId,
    kind: profile.kind,
    profile: profileName,
    target,
    proxy,
    jobName,
    specHash,
    labels: runLabels({ runId, target: target.name, profile: profileName }),
    objects: [],
    ...(companions === undefined ? {} : { companions }),
    stages: parts.stages,
    omittedStages: [],
    sampling: { intervalMs: profile.sampling.intervalMs, ...(source === undefined ? {} : { source }) },
    deadlineMs: request.deadlineMs ?? profile.deadlineSeconds * MS_PER_SECOND,
    pullRetry: {
      maxAttempts: profile.pullRetry.maxAttempts,
      backoffMs: profile.pullRetry.backoffSeconds * MS_PER_SECOND,
    },
    thresholds: parts.thresholds,
    cleanUp: {
      keepFinishedMs: profile.cleanUp.keepFinishedSeconds * MS_PER_SECOND,
      stopGraceMs: profile.cleanUp.stopGraceSeconds * MS_PER_SECOND,
    },
  };
  return target.connection.reach === 'host' ? draft : { ...draft, objects: parts.render(draft) };
}
