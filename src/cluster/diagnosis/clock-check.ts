// Whether two clocks agree well enough for bytes to land in the right stage.
import { formatDuration } from '../../quantities/quantities.ts';
import type { Check } from '../cluster.ts';
import { well, wrong } from './check.ts';

/** Stamps have whole seconds and answers take their time; less than this is no finding. */
export const CLOCKS_AGREE_WITHIN_MS = 2_000;

/** `offsetMs`: the clock looked at minus the other one. */
export function clockCheck(input: {
  readonly name: string;
  readonly whose: string;
  /** `the API server's`. */
  readonly against: string;
  readonly offsetMs: number;
}): Check {
  const { name, whose, against, offsetMs } = input;
  const apartMs = Math.abs(offsetMs);
  if (apartMs <= CLOCKS_AGREE_WITHIN_MS) return well({ name, detail: `within 2 s of ${against}` });
  const detail = `${formatDuration(apartMs)} ${offsetMs > 0 ? 'ahead of' : 'behind'} ${against}`;
  const hint = `Have the time of ${whose} set by NTP, as by chronyd or systemd-timesyncd: stages are cut by one clock and bytes stamped by another`;
  return wrong({ name, detail, hint });
}

/**
 * How far a Date header is surely off this machine's clock: 0 where the two may be equal. The header has whole seconds,
 * and was written somewhere between the question and its answer.
 */
export function offsetOfDate(input: {
  readonly dateMs: number;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}): number {
  const leastMs = input.dateMs - input.answeredAtMs;
  const mostMs = input.dateMs + 999 - input.askedAtMs;
  if (leastMs > 0) return leastMs;
  return mostMs < 0 ? mostMs : 0;
}
