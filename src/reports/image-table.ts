// What was pulled, image by image: the container runtime's word beside the proxy's count.
import type { SummaryImage } from '../evidence/result-summary.ts';
import { formatBytes, formatDuration, formatRate } from '../quantities/quantities.ts';
import { type Paint, paintState } from './paint.ts';
import { type Column, renderTable } from './table.ts';

const PROXY_COLUMNS: readonly Column[] = [
  { header: 'PROXY BYTES', align: 'right' },
  { header: 'RATE', align: 'right', expendable: 4 },
];

/** The table's lines, and under it the reasons of pulls that did not go well. */
export function renderImages(input: {
  readonly images: readonly SummaryImage[];
  readonly paint: Paint;
  readonly width: number | undefined;
  /** Whether anything was read at the proxy. Default true. */
  readonly hasProxyBytes?: boolean;
}): readonly string[] {
  const { images, paint, width, hasProxyBytes = true } = input;
  return [
    renderTable({
      columns: [
        { header: 'IMAGE' },
        { header: 'OUTCOME' },
        { header: 'PULL', align: 'right', expendable: 3 },
        { header: 'WITH QUEUE', align: 'right', expendable: 1 },
        { header: 'SIZE', align: 'right', expendable: 2 },
        ...(hasProxyBytes ? PROXY_COLUMNS : []),
      ],
      width,
      rows: images.map((image) => [
        image.image,
        paintOutcome({ outcome: image.outcome, paint }),
        formatDuration(image.durationMs),
        formatDuration(image.durationWithQueueMs),
        formatBytes(image.sizeBytes),
        ...(hasProxyBytes
          ? [formatBytes(image.proxyBytes), formatRate(image.proxyBytes === 0 ? null : image.rateBytesPerSecond)]
          : []),
      ]),
    }),
    ...images.flatMap(({ image, reason }) => (reason === undefined ? [] : [`  ${image}: ${reason}`])),
  ];
}

/** A pull that the end of the run caught at work is shown as a stage is. */
function paintOutcome({
  outcome,
  paint,
}: {
  readonly outcome: SummaryImage['outcome'];
  readonly paint: Paint;
}): string {
  switch (outcome) {
    case 'pulled':
      return paint.good(outcome);
    case 'present':
      return outcome;
    case 'pulling':
      return paintState({ state: 'cut short', paint });
    case 'failed':
      return paint.bad(outcome);
  }
}
