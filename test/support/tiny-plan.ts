// Plans for a real cluster that the shipped rules would refuse: tiny images and made-up stages, rendered as real ones are.
import type { Config } from '../../src/config/config.ts';
import { resolveProxy, resolveTarget } from '../../src/config/config.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planRealDeps } from '../../src/profiles/real-deps/plan.ts';
import type { RealDepsProfile } from '../../src/profiles/real-deps/schema.ts';
import type { StageName } from '../../src/profiles/real-deps/stage-catalogue.ts';

/** One stage; the last is the Job's own container. */
export interface TinyStage {
  readonly name: StageName;
  readonly command: readonly string[];
  /** Default: the plan's. */
  readonly image?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly deadlineSeconds?: number;
}

export interface TinyPlan {
  readonly config: Config;
  readonly target: string;
  readonly runId: string;
  readonly image: string;
  readonly stages: readonly TinyStage[];
  readonly gitRemote?: string;
  readonly pullDeadlineSeconds?: number;
  /** Default 64, which is as little as a container runtime starts with. */
  readonly memoryMiB?: number;
  /** Default: none. */
  readonly payloadMiB?: number;
}

const BACKOFF_SECONDS = 1;
const GRACE_SECONDS = 2;

/** Three attempts at a pull, one second apart; read ten times a second; gone an hour after it has ended. */
export function tinyPlan(input: TinyPlan): Plan {
  const { config, runId, image } = input;
  const target = resolveTarget({ config, name: input.target });
  const profile: RealDepsProfile = {
    kind: 'k3s-real-deps',
    requires: 'cluster',
    payloadMiB: input.payloadMiB ?? 0,
    deadlineSeconds: 240,
    sampling: { intervalMs: 100 },
    pullRetry: { maxAttempts: 3, backoffSeconds: BACKOFF_SECONDS },
    cleanUp: { keepFinishedSeconds: 3600, stopGraceSeconds: GRACE_SECONDS },
    realDeps: {
      imagePull: { deadlineSeconds: input.pullDeadlineSeconds ?? 120, throughProxy: true },
      gitMirror: { image, ...(input.gitRemote === undefined ? {} : { remote: input.gitRemote }) },
      stages: input.stages.map(({ deadlineSeconds = 120, files = {}, command, ...stage }) => ({
        image,
        ...stage,
        command: [...command],
        files: { ...files },
        deadlineSeconds,
      })),
      resources: { cpuMillicores: 2000, memoryMiB: input.memoryMiB ?? 64, diskMiB: 2048 },
    },
  };
  return planRealDeps({
    profileName: 'tiny',
    profile,
    target,
    proxy: resolveProxy({ config, target }),
    request: {},
    runId,
  });
}
