// From names to a Plan: what the worker's render activity and the command line's --dry-run both call.
import { InvalidInputError } from '../errors/errors.ts';
import type { Problem } from '../errors/errors.ts';
import type { Plan, PlannedTarget } from '../plan/plan.ts';
import { isRunId } from '../plan/run-id.ts';
import type { PlanOverrides } from '../profiles/profile-kind.ts';
import { findProfileKind } from '../profiles/registry.ts';
import type { ProfileConfig } from '../profiles/registry.ts';
import { resolveProfile, resolveProxy, resolveTarget } from './config.ts';
import type { Config } from './config.ts';

/** A run asked for by names; what the activities' contract calls a RunRequest. */
export interface NamedRun extends PlanOverrides {
  readonly target: string;
  readonly profile: string;
}

/**
 * The Plan of one run, checked against the rules. Pure: equal inputs make equal Plans.
 * @param input.runId lower-case letters, digits and dashes, at most 63
 * @throws InvalidInputError with every problem found
 */
export function renderPlan(input: {
  readonly config: Config;
  readonly request: NamedRun;
  readonly runId: string;
}): Plan {
  const { config, request, runId } = input;
  const { target, profile } = resolveNames({ config, request });
  const kind = findProfileKind(profile.kind);
  if (kind === undefined) {
    throw new InvalidInputError([
      {
        file: config.files.profiles,
        path: `profiles.${request.profile}.kind`,
        value: profile.kind,
        message: 'is no known kind',
        hint: 'Correct the kind',
      },
    ]);
  }
  throwIfAny([
    ...runIdProblems(runId),
    ...kind.checkRequest(request),
    ...suitProblems({ config, profile, profileName: request.profile, target }),
  ]);
  const plan = kind.plan({
    profileName: request.profile,
    profile,
    target,
    proxy: resolveProxy({ config, target }),
    request: {
      ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }),
      ...(request.gitRemote === undefined ? {} : { gitRemote: request.gitRemote }),
    },
    runId,
  });
  throwIfAny(kind.checkRendered(plan));
  return plan;
}

/** Both, so that two wrong names are told at once. @throws InvalidInputError */
function resolveNames({ config, request }: { readonly config: Config; readonly request: NamedRun }): {
  readonly target: PlannedTarget;
  readonly profile: ProfileConfig;
} {
  const target = found(() => resolveTarget({ config, name: request.target }));
  const profile = found(() => resolveProfile({ config, name: request.profile }));
  if ('problems' in target || 'problems' in profile) {
    throw new InvalidInputError([target, profile].flatMap((one) => ('problems' in one ? one.problems : [])));
  }
  return { target: target.value, profile: profile.value };
}

function found<T>(resolve: () => T): { readonly value: T } | { readonly problems: readonly Problem[] } {
  try {
    return { value: resolve() };
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return { problems: thrown.problems };
    throw thrown;
  }
}

function runIdProblems(runId: string): readonly Problem[] {
  return isRunId(runId)
    ? []
    : [
        {
          path: 'runId',
          value: runId,
          message: 'is no usable run id',
          hint: 'Use 1 to 63 lower-case letters, digits and dashes, with a letter or digit at both ends',
        },
      ];
}

/** Whether the profile can run on the target at all. */
function suitProblems(input: {
  readonly config: Config;
  readonly profile: ProfileConfig;
  readonly profileName: string;
  readonly target: PlannedTarget;
}): readonly Problem[] {
  const { config, profile, profileName, target } = input;
  const has = target.connection.reach === 'host' ? 'host' : 'cluster';
  if (profile.requires === 'any' || profile.requires === has) return [];
  const others = Object.entries(config.profiles)
    .filter(([, other]) => other.requires === 'any' || other.requires === has)
    .map(([name]) => name);
  const without =
    has === 'host' ? 'has no cluster: its stages run as processes of this machine' : 'is a cluster, not this machine';
  return [
    {
      file: config.files.targets,
      path: `targets.${target.name}.reach`,
      value: target.connection.reach,
      message: `profile ${profileName} needs a ${profile.requires}, and target ${target.name} ${without}`,
      hint:
        others.length === 0
          ? `Choose a target that is a ${profile.requires}`
          : `Use ${others.map((name) => `--profile ${name}`).join(' or ')}, or a target that is a ${profile.requires}`,
    },
  ];
}

function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidInputError(problems);
}
