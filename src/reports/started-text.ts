// What was started, for people, with the commands to type next.
import type { StartedFleet } from '../temporal/start-fleet.ts';
import { renderTable } from './table.ts';

/** One next step. */
export interface NextStep {
  readonly does: string;
  readonly command: string;
}

/** The ids of a fleet and its runs, then the next commands. */
export function renderStarted({
  fleet,
  next,
}: {
  readonly fleet: StartedFleet;
  readonly next: readonly NextStep[];
}): string {
  return [
    renderTable({
      columns: [{ header: 'TARGET' }, { header: 'RUN' }, { header: 'WORKFLOW' }],
      rows: fleet.runs.map(({ target, runId, workflowId }) => [target, runId, workflowId]),
    }),
    `fleet ${fleet.fleetId}, workflow ${fleet.workflowId}`,
    renderNext(next),
  ].join('\n\n');
}

/** Next steps, aligned. */
export function renderNext(next: readonly NextStep[]): string {
  const width = Math.max(0, ...next.map(({ does }) => does.length));
  return ['Next:', ...next.map(({ does, command }) => `  ${does.padEnd(width)}  ${command}`)].join('\n');
}
