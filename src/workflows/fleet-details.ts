// A fleet as Temporal's web UI shows it: how far it is, and a row for each target.
import { markdownTable, plainText, withinDetails } from './markdown-table.ts';
import type { FleetRow, FleetStatus } from './messages.ts';

/** More targets than this are counted instead of shown; the web UI's details are bounded. */
const MAX_ROWS = 50;

/** Compact Markdown, below 20 KB whatever the status holds; the same text for the same status. */
export function fleetDetails(status: FleetStatus): string {
  const ended = status.rows.filter((row) => row.state === 'ended').length;
  const profile = plainText({ text: status.profile, maxLength: 80 });
  const more = status.rows.length - MAX_ROWS;
  return withinDetails([
    `**${status.state}** · ${profile} · ${ended} of ${status.rows.length} targets ended`,
    markdownTable({
      columns: ['target', 'run', 'state', 'failure family', 'note'],
      rows: status.rows.slice(0, MAX_ROWS).map(tableRow),
      maxCellLength: 60,
    }),
    ...(more > 0 ? [`${more} more targets`] : []),
  ]);
}

function tableRow(row: FleetRow): readonly string[] {
  return [row.target, row.runId, row.summary?.state ?? row.state, row.summary?.failureFamily ?? '-', row.error ?? ''];
}
