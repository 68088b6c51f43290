// What runs would do, for people: each plan in full, and every image that would come from outside.
import type { DryRunCompanion, DryRunDocument, DryRunStage } from '../profiles/dry-run.ts';
import type { Paint } from './paint.ts';
import { formatBytes, formatCount, formatDuration } from '../quantities/quantities.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** `images`: those of all plans together, each once. */
export function renderDryRun(input: {
  readonly plans: readonly DryRunDocument[];
  readonly images: readonly string[];
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { plans, images, paint, width } = input;
  return [
    ...plans.map((plan) => renderPlan({ plan, paint, width })),
    [
      paint.strong('REMOTE IMAGES'),
      ...(images.length === 0 ? ['  none: the stages run without images'] : images.map((image) => `  ${image}`)),
    ].join('\n'),
    wrapText({
      text: 'Nothing was started. The manifest: --output yaml. To start: --confirm instead of --dry-run.',
      width,
    })
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
  return [
    paint.strong(`${plan.target}: ${plan.profile}`),
    ...facts([
      ['target', `node ${plan.node}, namespace ${plan.namespace}, reached by ${plan.reach}`],
      ['kind', plan.kind],
      ['job', `${plan.jobName} (spec ${plan.specHash})`],
      ['proxy', proxyText(plan)],
      ['acceptance', `${acceptanceText(plan)}, sampled every ${formatDuration(plan.samplingIntervalMs)}`],
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
    ...companionLines({ plan, width }),
    ...(Object.keys(plan.proxyEnvironment).length === 0
      ? []
      : [
          '  proxy environment of every stage',
          ...Object.entries(plan.proxyEnvironment).map(([name, value]) => `    ${name}=${value}`),
        ]),
    '  labels',
    ...Object.entries(plan.labels).map(([name, value]) => `    ${name}=${value}`),
  ].join('\n');
}

function proxyText({ proxy, sampled }: DryRunDocument): string {
  if (sampled === 'companions') return `${proxy.service}, held by the run and not used: it reads its own companions`;
  return `${proxy.service} at ${proxy.url}, control ${proxy.controlUrl}, secret ${proxy.controlSecret}`;
}

/** What a run must show to pass. */
function acceptanceText({ thresholds, sampled }: DryRunDocument): string {
  const { payloadBytes, failedRequests, restarts } = thresholds;
  return [
    ...(sampled === 'control' ? [`at least ${formatBytes(payloadBytes)} seen at the proxy`] : []),
    ...(failedRequests === undefined ? [] : [`at most ${formatCount(failedRequests)} failed requests of a load`]),
    ...(restarts === undefined ? [] : [`at most ${formatCount(restarts)} restarts of a program under test`]),
  ].join(', ');
}

function companionLines(input: {
  readonly plan: DryRunDocument;
  readonly width: number | undefined;
}): readonly string[] {
  const { plan, width } = input;
  if (plan.companions.length === 0) return [];
  const columns = [{ header: 'BESIDE THE STAGES' }, { header: 'LIMITS' }, { header: 'PORTS' }, { header: 'PROGRAM' }];
  const table = renderTable({
    columns,
    rows: plan.companions.map(companionRow),
    width: width === undefined ? undefined : width - 2,
  });
  return [indented(table), ''];
}

function companionRow({ name, limits, ports, command }: DryRunCompanion): readonly string[] {
  const limited = limits === null ? 'none' : `${limits.cpuMillicores}m, ${limits.memoryMiB} MiB`;
  return [name, limited, ports.join(', '), command[0] ?? ''];
}

const STAGE_COLUMNS = [
  { header: 'STAGE' },
  { header: 'KIND', expendable: 3 },
  { header: 'DEADLINE', align: 'right' },
  { header: 'IMAGES' },
  // Also told above the table.
  { header: 'REMOTE', expendable: 1 },
  { header: 'FAILURE FAMILY', expendable: 2 },
  // Of a load this is all that says what it will do.
  { header: 'NOTE', expendable: 4 },
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
