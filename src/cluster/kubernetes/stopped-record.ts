// What is kept of a stopped Job on the Job itself: its Pods go when it is stopped, and with them times and logs.
import { Buffer } from 'node:buffer';
import type { Transition } from '../../evidence/transition.ts';
import { type HistoryEntry, IMAGE_PULL, JOB_KEY, readKey } from './history-entry.ts';
import type { KubeContainer } from './kube-objects.ts';

export interface StoppedRecord {
  /** When the stop was asked for, milliseconds since the epoch. */
  readonly askedAtMs: number;
  /** When nothing ran any more; null while that is being seen to. */
  readonly endedAtMs: number | null;
  /** Tag of the Pod that `entries` are about; empty when there was none. */
  readonly pod: string;
  /** Without the Job's own end, which is the stop. */
  readonly entries: readonly HistoryEntry[];
  readonly log: { readonly stage: string; readonly text: string; readonly truncated: boolean } | null;
}

/** Bound of the encoded record in bytes of UTF-8. */
export const STOPPED_RECORD_BYTES = 3 * 1024;

/** A reason keeps this many characters when the record would be too large. */
const SHORT_REASON = 60;

type Row = readonly [key: string, afterMs: number, extras?: Extras];
interface Extras {
  readonly c?: number;
  readonly r?: string;
  readonly s?: number;
  readonly m?: 'pulled' | 'present';
  readonly d?: number | null;
  readonly q?: number | null;
  readonly b?: number | null;
}
interface Document {
  readonly v: 1;
  readonly at: number;
  readonly end: number | null;
  readonly pod: string;
  readonly t: readonly Row[];
  readonly log?: { readonly stage: string; readonly text: string; readonly cut: boolean };
}

/** Within `STOPPED_RECORD_BYTES`: the log is cut from its beginning, then reasons are, then the latest entries go. */
export function encodeStoppedRecord(record: StoppedRecord): string {
  const base: Document = {
    v: 1,
    at: record.askedAtMs,
    end: record.endedAtMs,
    pod: record.pod,
    t: record.entries.map((entry) => rowOf(entry, record.askedAtMs)),
  };
  const withLog = withLogTail({ base, log: record.log });
  if (withLog !== null) return withLog;
  const short = base.t.map(
    ([key, afterMs, extras]): Row =>
      extras?.r === undefined
        ? ([key, afterMs, ...(extras === undefined ? [] : [extras])] as unknown as Row)
        : [key, afterMs, { ...extras, r: extras.r.slice(0, SHORT_REASON) }],
  );
  for (let kept = short.length; ; kept -= 1) {
    const text = withLogTail({ base: { ...base, t: short.slice(0, kept) }, log: record.log });
    if (text !== null) return text;
  }
}

/** The longest end of the log that fits; null when not even the record without a log does. */
function withLogTail(input: { readonly base: Document; readonly log: StoppedRecord['log'] }): string | null {
  const { base, log } = input;
  const bare = JSON.stringify(base);
  if (Buffer.byteLength(bare) > STOPPED_RECORD_BYTES) return null;
  if (log === null) return bare;
  const characters = [...log.text.slice(-STOPPED_RECORD_BYTES)];
  const cutBefore = log.truncated || log.text.length > STOPPED_RECORD_BYTES;
  const encode = (from: number): string =>
    JSON.stringify({
      ...base,
      log: { stage: log.stage, text: characters.slice(from).join(''), cut: cutBefore || from > 0 },
    });
  const fits = (from: number): boolean => Buffer.byteLength(encode(from)) <= STOPPED_RECORD_BYTES;
  let [low, high] = [0, characters.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return fits(low) ? encode(low) : bare;
}

/** Null for a text that no version of this program wrote whole. `containers` are the Job's, in the order of its stages. */
export function decodeStoppedRecord(input: {
  readonly text: string | undefined;
  readonly containers: readonly KubeContainer[];
}): StoppedRecord | null {
  const document = parse(input.text);
  if (document === null) return null;
  const { at, end, pod, t, log } = document;
  return {
    askedAtMs: at,
    endedAtMs: end,
    pod,
    entries: t.flatMap((row) => entryOf({ row, atMs: at, containers: input.containers })),
    log: log === undefined ? null : { stage: log.stage, text: log.text, truncated: log.cut },
  };
}

function parse(text: string | undefined): Document | null {
  if (text === undefined) return null;
  try {
    const document = JSON.parse(text) as Partial<Document> | null;
    return document?.v === 1 &&
      typeof document.at === 'number' &&
      typeof document.pod === 'string' &&
      Array.isArray(document.t)
      ? (document as Document)
      : null;
  } catch {
    return null;
  }
}

function rowOf({ key, transition }: HistoryEntry, atMs: number): Row {
  const { exitCode, reason, startedAtMs, pull } = transition;
  const extras: Extras = {
    ...(exitCode === undefined ? {} : { c: exitCode }),
    ...(reason === undefined ? {} : { r: reason }),
    ...(startedAtMs === undefined ? {} : { s: startedAtMs - atMs }),
    ...(pull === undefined ? {} : { m: pull.mode, d: pull.durationMs, q: pull.durationWithQueueMs, b: pull.sizeBytes }),
  };
  const afterMs = transition.atMs - atMs;
  return Object.keys(extras).length === 0 ? [key, afterMs] : [key, afterMs, extras];
}

function entryOf(input: {
  readonly row: Row;
  readonly atMs: number;
  readonly containers: readonly KubeContainer[];
}): readonly HistoryEntry[] {
  const [key, afterMs, extras = {}] = input.row;
  const read = readKey(key);
  const container = read === null ? undefined : input.containers[read.index];
  if (read === null || container === undefined || key === JOB_KEY) return [];
  const { c, r, s, m, d, q, b } = extras;
  const isPull = read.code === 'p' || read.code === 'P' || read.code === 'X';
  const transition: Transition = {
    stage: isPull ? IMAGE_PULL : container.name,
    phase: phaseOf(read.code),
    atMs: input.atMs + afterMs,
    ...(isPull ? { image: container.image ?? '' } : {}),
    ...(c === undefined ? {} : { exitCode: c }),
    ...(r === undefined ? {} : { reason: r }),
    ...(s === undefined ? {} : { startedAtMs: input.atMs + s }),
    ...(m === undefined
      ? {}
      : { pull: { mode: m, durationMs: d ?? null, durationWithQueueMs: q ?? null, sizeBytes: b ?? null } }),
  };
  return [{ key, transition }];
}

function phaseOf(code: string): Transition['phase'] {
  if (code === 's' || code === 'p') return 'started';
  return code === 'f' || code === 'P' ? 'finished' : 'failed';
}
