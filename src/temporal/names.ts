// The names under which runs are found in Temporal; the same on the worker's and the reader's side.

/** Queue that workers serve unless told otherwise. */
export const DEFAULT_TASK_QUEUE = 'proxybench';

export const WORKFLOW_TYPES = {
  benchmarkTarget: 'benchmarkTarget',
  benchmarkFleet: 'benchmarkFleet',
  inspectTarget: 'inspectTarget',
  sampleTraffic: 'sampleTraffic',
  probeTarget: 'probeTarget',
  holdProxy: 'holdProxy',
} as const;

/** Workflow id of one target's run. */
export function runWorkflowId(runId: string): string {
  return `proxybench-run-${runId}`;
}

/** Workflow id of a fleet. */
export function fleetWorkflowId(fleetId: string): string {
  return `proxybench-fleet-${fleetId}`;
}

/** Workflow id under which a run holds the proxy it measures; Temporal lets it exist once. */
export function proxyWorkflowId(input: { readonly node: string; readonly service: string }): string {
  return `proxybench-proxy-${input.node}-${input.service}`;
}
