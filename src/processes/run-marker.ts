// The mark by which every process of a run is found again, wherever it has gone and whoever asks.
import type { EnvironmentMarker } from './marked-processes.ts';

/** The variable that every process of a run carries; its value is the run's id. */
export const RUN_ID_VARIABLE = 'PROXYBENCH_RUN_ID';

/** What everything that was started for this run carries. */
export function markerOfRun(runId: string): EnvironmentMarker {
  return { name: RUN_ID_VARIABLE, value: runId };
}
