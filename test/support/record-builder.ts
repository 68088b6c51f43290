// Readings and notes as a sampler writes them, for tests to say only what they are about.
import type { SamplingBaseline } from '../../src/activities/contract.ts';
import type { ConnectionReading, NoteRecord, ReadingRecord } from '../../src/sampling/journal-record.ts';

export function buildBaseline(overrides: Partial<SamplingBaseline> = {}): SamplingBaseline {
  return { atMs: 0, uploadBytes: 0, downloadBytes: 0, connections: {}, ...overrides };
}

/** A reading of the download total at a moment. */
export function reading(atMs: number, downloadTotalBytes: number, more: Partial<ReadingRecord> = {}): ReadingRecord {
  return { kind: 'reading', atMs, via: 'stream', uploadTotalBytes: 0, downloadTotalBytes, changed: [], ...more };
}

/** A connection's download so far, seen for the first time when `startMs` is told. */
export function connection(id: string, downloadBytes: number, startMs?: number): ConnectionReading {
  const opened = { client: '10.0.0.1', destination: `${id}.example:443`, startMs: startMs ?? 0 };
  return { id, uploadBytes: 0, downloadBytes, ...(startMs === undefined ? {} : { opened }) };
}

export function outage(atMs: number, reason: string): NoteRecord {
  return { kind: 'note', about: 'proxy', atMs, reason };
}
