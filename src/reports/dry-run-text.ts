// What runs would do, for people: each plan in full, and every image that would come from outside.
import type { DryRunDocument, DryRunStage } from '../profiles/dry-run.ts';
import type { Paint } from './paint.ts';
import { formatBytes, formatDuration } from '../quantities/quantities.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** `images`: those of all plans together, each once. `notYet`: targets that this version can plan for and not run on. */
export function renderDryRun(input: {
  readonly plans: readonly DryRunDocument[];
  readonly images: readonly string[];
  readonly notYet: readonly string[];
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { plans, images, notYet, paint, width } = input;
  const start =
    notYet.length === 0
      ? 'To start: --confirm instead of --dry-run.'
      : `This version cannot run on ${notYet.join(', ')} yet.`;
  return [
    ...plans.map((plan) => renderPlan({ plan, paint, width })),
    [
      paint.strong('REMOTE IMAGES'),
      ...(images.length === 0 ? ['  none: the stages run without images'] : images.map((image) => `  ${image}`)),
    ].join('\n'),
    wrapText({ text: `Nothing was started. The manifest: --output yaml. ${start}`, width })
      .map(paint.faint)
      .join('\n'),
  ].join('\n\n');
}

function renderPlan({
  plan,
  paint,
  width,
}: {
  readonly plan: DryRunDocument;
  readonly paint: Paint;
  readonly width: number | undefined;
}): string {
  const { proxy } = plan;
  return [
    paint.strong(`${plan.target}: ${plan.profile}`),
    ...facts([
      ['target', `node ${plan.node}, namespace ${plan.namespace}, reached by ${plan.reach}`],
      ['kind', plan.kind],
      ['job', `${plan.jobName} (spec ${plan.specHash})`],
      ['proxy', `${proxy.service} at ${proxy.url}, control ${proxy.controlUrl}, secret ${proxy.controlSecret}`],
      [
        'acceptance',
        `at least ${formatBytes(plan.payloadBytes)} seen at the proxy, sampled every ${formatDuration(plan.samplingIntervalMs)}`,
      ],
      ['deadline', formatDuration(plan.deadlineMs)],
      ['remotes', plan.remotes.length === 0 ? 'none' : plan.remotes.join(', ')],
      [
        'objects',
        plan.manifest.length === 0
          ? 'none: processes of this machine'
          : plan.manifest.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(', '),
      ],
    ]),
    '',
    indented(
      renderTable({
        columns: STAGE_COLUMNS,
        rows: plan.stages.map(stageRow),
        width: width === undefined ? undefined : width - 2,
      }),
    ),
    ...plan.omittedStages.map(({ name, reason }) => `  left out: ${name} (${reason})`),
    '',
    '  proxy environment of every stage',
    ...Object.entries(plan.proxyEnvironment).map(([name, value]) => `    ${name}=${value}`),
    '  labels',
    ...Object.entries(plan.labels).map(([name, value]) => `    ${name}=${value}`),
  ].join('\n');
}

const STAGE_COLUMNS = [
  { header: 'STAGE' },
  { header: 'KIND', expendable: 4 },
  { header: 'DEADLINE', align: 'right' },
  { header: 'IMAGES' },
  // Also told above the table.
  { header: 'REMOTE', expendable: 2 },
  { header: 'FAILURE FAMILY', expendable: 3 },
  { header: 'NOTE', expendable: 1 },
] as const;

function stageRow(stage: DryRunStage): readonly string[] {
  return [
    stage.name,
    stage.kind,
    formatDuration(stage.deadlineMs),
    stage.images.length > 1 ? `${stage.images.length} (below)` : (stage.images[0] ?? '-'),
    stage.remote ?? '-',
    stage.failureFamily,
    [stage.note, stage.tools.length === 0 ? null : `needs ${stage.tools.join(', ')}`]
      .filter((part) => part !== null)
      .join('; '),
  ];
}

function facts(pairs: readonly (readonly [name: string, value: string])[]): readonly string[] {
  return pairs.map(([name, value]) => `  ${name.padEnd(11)} ${value}`);
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n');
}
