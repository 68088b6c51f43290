// What a stage says of itself as its termination message: its times on one JSON line, and then its report, where it has one.
import { utf8Bytes } from '../../evidence/shorten.ts';
import { MAX_REPORT_BYTES } from '../../plan/plan.ts';
import type { KubeTerminated } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';
import { offSecond } from './moment.ts';

/** A message further from the kubelet's whole seconds than this, on either side, is another clock's or a lie. */
const TOLERANCE_MS = 1_500;

/** The line has about 100 bytes; with `FallbackToLogsOnError` a message may also be 2 KiB of log. */
const MOST_CHARACTERS = 300;

const LINE =
  /^\{"proxybench":1,"startedAtNs":"(\d{19})","endedAtNs":"(\d{19})","exitCode":(\d{1,3})(?:,"reportBytes":\d{1,4})?\}$/;

/** A line without times is one too: some images have no clock that tells them. */
const REPORT = /^\{"proxybench":1,.*"reportBytes":(\d{1,4})\}$/;

/**
 * The report after the line; null where there is none, and where a kubelet has cut it: the containers of a Pod share
 * 12 KiB, and half a report is none.
 */
export function readStageReport({ message = '' }: Pick<KubeTerminated, 'message'>): string | null {
  const { line, rest } = parted(message);
  const bytes = Number(REPORT.exec(line)?.[1] ?? '0');
  if (bytes === 0 || bytes > MAX_REPORT_BYTES || utf8Bytes(rest) < bytes) return null;
  return rest.trim();
}

/** Start and end of the stage, milliseconds since the epoch; null when the message is none or the kubelet disagrees. */
export function readTerminationMessage(
  terminated: KubeTerminated,
): { readonly startedAtMs: number; readonly endedAtMs: number } | null {
  const { line: told, rest } = parted(terminated.message?.trim() ?? '');
  const isOwn = told.length <= MOST_CHARACTERS && (rest === '' || REPORT.test(told));
  const line = isOwn ? LINE.exec(told) : null;
  const startedSecondMs = timeOf(terminated.startedAt);
  const endedSecondMs = timeOf(terminated.finishedAt);
  if (line === null || startedSecondMs === null || endedSecondMs === null) return null;
  const startedAtMs = milliseconds(line[1] ?? '');
  const endedAtMs = milliseconds(line[2] ?? '');
  const believable =
    startedAtMs <= endedAtMs &&
    offSecond({ atMs: startedAtMs, secondMs: startedSecondMs }) <= TOLERANCE_MS &&
    offSecond({ atMs: endedAtMs, secondMs: endedSecondMs }) <= TOLERANCE_MS;
  return believable ? { startedAtMs, endedAtMs } : null;
}

/** The first line, and what comes after it. */
function parted(message: string): { readonly line: string; readonly rest: string } {
  const end = message.indexOf('\n');
  return end === -1 ? { line: message, rest: '' } : { line: message.slice(0, end), rest: message.slice(end + 1) };
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}
