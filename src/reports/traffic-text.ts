// A live look at a proxy, for people.
import type { TrafficSample } from '../activities/contract.ts';
import type { Paint } from './paint.ts';
import { formatBytes, formatRate, formatShare } from '../quantities/quantities.ts';
import { renderTable } from './table.ts';

/** Window, rate and cumulative bytes, then who moved them. */
export function renderTraffic(input: {
  readonly sample: TrafficSample;
  readonly paint: Paint;
  readonly width?: number | undefined;
}): string {
  const { sample, paint, width } = input;
  const share = sample.windowBytes === 0 ? null : sample.attributedBytes / sample.windowBytes;
  const totals = renderTable({
    width,
    columns: [
      { header: 'TARGET' },
      { header: 'SECONDS', align: 'right' },
      { header: 'STAGE_PROXY WINDOW', align: 'right' },
      { header: 'RATE', align: 'right' },
      { header: 'CUMULATIVE', align: 'right' },
      { header: 'ATTRIBUTED', align: 'right' },
      { header: 'SHARE', align: 'right' },
      { header: 'UNATTRIBUTED', align: 'right' },
    ],
    rows: [
      [
        sample.target,
        String(sample.seconds),
        formatBytes(sample.windowBytes),
        formatRate(sample.rateBytesPerSecond),
        formatBytes(sample.cumulativeBytes),
        formatBytes(sample.attributedBytes),
        formatShare(share),
        formatBytes(sample.unattributedBytes),
      ],
    ],
  });
  if (sample.windowBytes === 0) return `${totals}\n\n${paint.faint('nothing moved through the proxy in this window')}`;
  return [
    totals,
    ...talkers({ header: 'TOP CLIENTS', of: sample.clients, sample, width }),
    ...talkers({ header: 'TOP DESTINATIONS', of: sample.destinations, sample, width }),
  ].join('\n\n');
}

function talkers(input: {
  readonly header: string;
  readonly of: TrafficSample['clients'];
  readonly sample: TrafficSample;
  readonly width: number | undefined;
}): readonly string[] {
  if (input.of.length === 0) return [];
  return [
    renderTable({
      width: input.width,
      columns: [{ header: input.header }, { header: 'BYTES', align: 'right' }, { header: 'SHARE', align: 'right' }],
      rows: input.of.map(({ name, bytes }) => [
        name,
        formatBytes(bytes),
        formatShare(bytes / input.sample.windowBytes),
      ]),
    }),
  ];
}
