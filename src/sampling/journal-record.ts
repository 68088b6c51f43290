// What a sampler writes down: cumulative values only, so that what two samplers wrote can be merged without adding up.

/** A connection's bytes as the proxy counts them, since it opened. */
export interface ConnectionReading {
  readonly id: string;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Told when the connection is seen for the first time. */
  readonly opened?: { readonly client: string; readonly destination: string; readonly startMs: number };
}

/** One reading of the proxy's counters, since the proxy started. */
export interface ReadingRecord {
  readonly kind: 'reading';
  /** Milliseconds since the epoch, the sampler's clock. */
  readonly atMs: number;
  readonly via: 'stream' | 'polling';
  /** Which life of the proxy answered, where it tells. */
  readonly instance?: string;
  /** Its place in a recording, for one that was recorded elsewhere. */
  readonly sequence?: number;
  readonly uploadTotalBytes: number;
  readonly downloadTotalBytes: number;
  /** The connections whose bytes changed since the record before; all of them do no harm. */
  readonly changed: readonly ConnectionReading[];
}

/** Why readings may be missing from here on. */
export interface NoteRecord {
  readonly kind: 'note';
  readonly atMs: number;
  /**
   * `proxy`: its control API did not answer. `damage`: a part of the journal cannot be read.
   * `bound`: the journal is nearly full, so that from here on fewer readings are kept.
   */
  readonly about: 'proxy' | 'damage' | 'bound';
  readonly reason: string;
}

export type JournalRecord = ReadingRecord | NoteRecord;

/** One record as one line, without its line end. */
export function formatRecord(record: JournalRecord): string {
  if (record.kind === 'note') return JSON.stringify(record);
  const changed = record.changed.map(({ id, uploadBytes, downloadBytes, opened }) =>
    opened === undefined
      ? [id, uploadBytes, downloadBytes]
      : [id, uploadBytes, downloadBytes, opened.startMs, opened.client, opened.destination],
  );
  return JSON.stringify({ ...record, changed });
}

/** Reads one line; undefined when it is not a record. */
export function parseRecord(line: string): JournalRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value));
  return value.kind === 'reading' ? readingFrom(fields) : value.kind === 'note' ? noteFrom(fields) : undefined;
}

function readingFrom(fields: ReadonlyMap<string, unknown>): ReadingRecord | undefined {
  const [atMs, via, instance] = [fields.get('atMs'), fields.get('via'), fields.get('instance')];
  const sequence = fields.get('sequence');
  const [uploadTotalBytes, downloadTotalBytes] = [fields.get('uploadTotalBytes'), fields.get('downloadTotalBytes')];
  const changed = fields.get('changed');
  if (!isCount(atMs) || !isCount(uploadTotalBytes) || !isCount(downloadTotalBytes)) return undefined;
  if (via !== 'stream' && via !== 'polling') return undefined;
  if (instance !== undefined && typeof instance !== 'string') return undefined;
  if (sequence !== undefined && !isCount(sequence)) return undefined;
  if (!Array.isArray(changed)) return undefined;
  const connections = changed.map(connectionFrom);
  if (!connections.every((connection) => connection !== undefined)) return undefined;
  return {
    kind: 'reading',
    atMs,
    via,
    ...(instance === undefined ? {} : { instance }),
    ...(sequence === undefined ? {} : { sequence }),
    uploadTotalBytes,
    downloadTotalBytes,
    changed: connections,
  };
}

function connectionFrom(value: unknown): ConnectionReading | undefined {
  if (!Array.isArray(value)) return undefined;
  const parts: readonly unknown[] = value;
  const [id, uploadBytes, downloadBytes, startMs, client, destination] = parts;
  if (typeof id !== 'string' || !isCount(uploadBytes) || !isCount(downloadBytes)) return undefined;
  if (startMs === undefined) return { id, uploadBytes, downloadBytes };
  if (!isCount(startMs) || typeof client !== 'string' || typeof destination !== 'string') return undefined;
  return { id, uploadBytes, downloadBytes, opened: { client, destination, startMs } };
}

function noteFrom(fields: ReadonlyMap<string, unknown>): NoteRecord | undefined {
  const [atMs, about, reason] = [fields.get('atMs'), fields.get('about'), fields.get('reason')];
  if (!isCount(atMs) || typeof reason !== 'string') return undefined;
  if (about !== 'proxy' && about !== 'damage' && about !== 'bound') return undefined;
  return { kind: 'note', atMs, about, reason };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
