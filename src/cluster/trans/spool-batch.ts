// One answer of the far side's spool, read: how the recorder stands, and what it recorded after a place.
import { constants, gunzipSync } from 'node:zlib';
import { InfrastructureError, messageOf } from '../../errors/errors.ts';
import type { RecordedAnswer } from '../cluster.ts';

/**
 * `none`: there is no spool. `starting`: a recorder was started and has not spoken yet. `ended`: it has ended as it
 * should, and all it recorded lies in the spool. `dead`: it has ended before its time.
 */
export type RecorderState = 'none' | 'starting' | 'recording' | 'ended' | 'dead';

export interface SpoolBatch {
  readonly state: RecorderState;
  /** Tells one spool from another of the same run, made anew. */
  readonly spool: string;
  /** The last sequence that the spool holds; 0 when it holds none. */
  readonly lastSequence: number;
  /** The far side's clock. */
  readonly nowMs: number;
  /** Beyond the place asked from, in order. */
  readonly answers: readonly RecordedAnswer[];
  /** Set where the pieces, so many, are too large to be unpacked together: none was, and fewer must be asked for. */
  readonly tooManyPieces?: number;
}

const HEAD = /^(none|starting|recording|ended|dead) (\d+) (\d+) (\d+) (\d+) (\d+)$/;
const LINE = /^(\d+) (\d+) ([AO]) (.*)$/s;
/** A worker has a few hundred MiB, and reads more than one run. */
const DEFAULT_MAX_UNPACKED_BYTES = 32 * 1024 * 1024;
/** Unpacked this is enough for a line's numbers and never more than 4 MiB. */
const BEGINNING_BYTES = 4_096;

/**
 * A single piece that is larger than may be unpacked is told as an outage in its place.
 * @param input.maxUnpackedBytes default 32 MiB
 * @throws InfrastructureError for what no spool gives
 */
export function readBatch(input: {
  readonly bytes: Buffer;
  readonly afterSequence: number;
  readonly maxUnpackedBytes?: number;
}): SpoolBatch {
  const { bytes, afterSequence, maxUnpackedBytes = DEFAULT_MAX_UNPACKED_BYTES } = input;
  const end = bytes.indexOf('\n');
  const head = HEAD.exec(bytes.toString('latin1', 0, Math.max(0, end)));
  if (head === null) throw new InfrastructureError("the recorder's spool gave no answer of its own");
  const [, state = 'none', spool = '', last = '', now = '', count = '', reached = ''] = head;
  const packed = bytes.subarray(end + 1);
  const text = unpacked({ packed, maxUnpackedBytes });
  const stands = { state: state as RecorderState, spool, lastSequence: Number(last), nowMs: Number(now) };
  if (text === null && Number(count) > 1) return { ...stands, answers: [], tooManyPieces: Number(count) };
  const answers = text === null ? [tooLarge({ packed, reached: Number(reached) })] : text.split('\n').flatMap(answerOf);
  return { ...stands, answers: answers.filter(({ sequence }) => sequence > afterSequence) };
}

/** Null when it is too large. */
function unpacked(input: { readonly packed: Buffer; readonly maxUnpackedBytes: number }): string | null {
  if (input.packed.length === 0) return '';
  try {
    return gunzipSync(input.packed, { maxOutputLength: input.maxUnpackedBytes }).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof RangeError && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw new InfrastructureError(`a piece of the recorder's spool is damaged: ${messageOf(thrown)}`);
  }
}

/** In place of all of a piece's answers, from the first one's time; the next totals make up for them. */
function tooLarge({ packed, reached }: { readonly packed: Buffer; readonly reached: number }): RecordedAnswer {
  const beginning = gunzipSync(packed.subarray(0, BEGINNING_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  const [, atMs = ''] = /^\d+ (\d+) /.exec(beginning.toString('latin1', 0, 64)) ?? [];
  const outage = 'what was recorded within a second is larger than may be read at once';
  return { sequence: reached, atMs: Number(atMs), body: null, outage };
}

function answerOf(line: string): readonly RecordedAnswer[] {
  const match = LINE.exec(line);
  // Half a line is what a full disk leaves; the totals of the next reading make up for it.
  if (match === null) return [];
  const [, sequence = '', atMs = '', kind = '', text = ''] = match;
  const place = { sequence: Number(sequence), atMs: Number(atMs) };
  return [kind === 'A' ? { ...place, body: text } : { ...place, body: null, outage: text }];
}
