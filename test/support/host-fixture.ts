// A host cluster with a state directory of its own, for the contract and for tests of what only a host does.
import { mkdtemp, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostCluster } from '../../src/cluster/host/host-cluster.ts';
import { removeTree } from '../../src/cluster/host/remove-tree.ts';
import { endProcesses, findMarkedProcesses } from '../../src/processes/end-processes.ts';
import { markerOfRun } from '../../src/processes/run-marker.ts';
import type { ClusterFixture } from '../contract/cluster-contract.ts';
import { buildPlan, buildScript } from './plan-builder.ts';

/** A fixture that also tells where the Jobs lie. */
export type HostFixture = ClusterFixture & { readonly stateDir: string };

/** Opens a host cluster; `dispose` ends whatever its Jobs have left and removes the directory. */
export async function openHostFixture(options: { readonly deadlineMarginMs?: number } = {}): Promise<HostFixture> {
  const stateDir = await realpath(await mkdtemp(join(tmpdir(), 'proxybench-host-')));
  const runIds = new Set<string>();
  return {
    stateDir,
    cluster: createHostCluster({ stateDir, ...options }),
    again: createHostCluster({ stateDir, ...options }),
    plan: ({ scripts, stage, plan }) => {
      const stages = Object.entries(scripts).map(([name, script]) => buildScript({ ...stage, name, script }));
      const built = buildPlan({ stages, ...plan });
      runIds.add(built.runId);
      return built;
    },
    running: async ({ runId }) => findMarkedProcesses(markerOfRun(runId)).map(({ pid }) => String(pid)),
    dispose: async () => {
      for (const runId of runIds) {
        await endProcesses({ marker: markerOfRun(runId), graceMs: 0 });
      }
      await removeTree(stateDir);
    },
  };
}

/** Every path below a directory, sorted. */
export async function pathsBelow(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}
