// The checks of `doctor` that only the worker can make: the target itself, the proxy's control API, tools, clone.
import type { Cluster } from '../cluster/cluster.ts';
import { type Config, resolveProxy } from '../config/config.ts';
import { InvalidInputError } from '../errors/errors.ts';
import type { PlannedTarget, Stage } from '../plan/plan.ts';
import { mostDiskBytes } from '../config/most-disk.ts';
import { renderPlan } from '../config/render-plan.ts';
import { checkControl } from './check-control.ts';
import type { Check } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Each check says what it found and, where it failed, how to mend it. */
export async function checkTarget(input: {
  readonly deps: ActivityDeps;
  readonly config: Config;
  readonly target: PlannedTarget;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const { config, target, cluster, signal } = input;
  const stages = stagesFor(input);
  const proxy = resolveProxy({ config, target });
  const diskBytes = target.connection.reach === 'host' ? undefined : mostDiskBytes(config);
  const checks = await Promise.all([
    cluster.diagnose({ target, proxy, signal, ...(diskBytes === undefined ? {} : { diskBytes }) }),
    checkControl({ ...input, proxy }),
    // A cluster's stages bring their tools in their images.
    target.connection.reach === 'host' ? checkTools({ ...input, stages }) : [],
    checkClone({ ...input, stages }),
  ]);
  return checks.flat();
}

/** Stages of every profile that this target could run. */
function stagesFor({ config, target }: { readonly config: Config; readonly target: PlannedTarget }): readonly Stage[] {
  return Object.keys(config.profiles).flatMap((profile) => {
    try {
      return renderPlan({ config, request: { target: target.name, profile }, runId: 'doctor' }).stages;
    } catch (thrown) {
      if (thrown instanceof InvalidInputError) return [];
      throw thrown;
    }
  });
}

async function checkTools({
  cluster,
  stages,
}: {
  cluster: Cluster;
  stages: readonly Stage[];
}): Promise<readonly Check[]> {
  const tools = [...new Set(stages.flatMap((stage) => stage.tools))].toSorted();
  const available = await cluster.availableTools({ tools });
  return tools.map((tool) => {
    const ok = available.has(tool);
    return {
      name: `${tool} can be run`,
      ok,
      detail: ok ? 'found' : 'not found on the PATH of the worker',
      hint: ok ? '' : `Install ${tool}, or live without the stages that need it: they are left out, with the reason`,
    };
  });
}

async function checkClone({
  cluster,
  stages,
}: {
  cluster: Cluster;
  stages: readonly Stage[];
}): Promise<readonly Check[]> {
  if (!stages.some((stage) => stage.serveThisClone)) return [];
  const why = await cluster.whyNoClone();
  const name = 'this clone can be served as a Git remote';
  return why === null
    ? [{ name, ok: true, detail: 'yes', hint: '' }]
    : [{ name, ok: false, detail: why, hint: 'Work in a Git clone, or give a public remote with --git-remote' }];
}
