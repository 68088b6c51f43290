// What everything of one host Job sees of this machine, and by which mark a stage is told from what outlives it.
import { delimiter } from 'node:path';
import type { EnvironmentMarker } from '../../processes/marked-processes.ts';
import { markerOfRun } from '../../processes/run-marker.ts';
import { nodeExecutable } from '../../processes/node-executable.ts';
import { programsDirectory } from '../../programs/programs.ts';
import type { HostJob } from './host-job.ts';
import { machineEnvironment } from './stage-environment.ts';

/** Beside companions a stage needs a mark of its own: the run's is on them too, and they outlive it. */
const STAGE_VARIABLE = 'PROXYBENCH_STAGE_OF_RUN';

export interface RunSurroundings {
  /** Of companions. */
  readonly machine: Readonly<Record<string, string>>;
  /** Of one stage. */
  of(stage: string): { readonly machine: Readonly<Record<string, string>>; readonly marker: EnvironmentMarker };
}

/** A Job with companions finds the project's own programs on its PATH, before all others. */
export function surroundingsOf(job: HostJob): RunSurroundings {
  const plain = machineEnvironment({ from: process.env, runId: job.runId });
  if (job.companions === undefined) {
    const marker = markerOfRun(job.runId);
    return { machine: plain, of: () => ({ machine: plain, marker }) };
  }
  const machine = {
    ...plain,
    PATH: [programsDirectory(), plain['PATH']].join(delimiter),
    // The machine's own Node may be too old for the project's programs.
    PROXYBENCH_NODE: nodeExecutable(),
  };
  return {
    machine,
    of: (stage) => {
      const marker = { name: STAGE_VARIABLE, value: `${job.runId}/${stage}` };
      return { machine: { ...machine, [marker.name]: marker.value }, marker };
    },
  };
}
