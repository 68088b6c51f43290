// Each connection's bytes since the baseline, across restarts of the proxy.
import type { SamplingBaseline } from '../activities/contract.ts';
import type { ObservedConnection } from '../evidence/sample-series.ts';
import type { ConnectionReading } from './journal-record.ts';

interface Counted {
  readonly client: string;
  readonly destination: string;
  readonly startMs: number;
  /** What it had moved at the baseline, told apart by direction when it was first seen. */
  readonly baseUploadBytes: number;
  readonly baseDownloadBytes: number;
  uploadBytes: number;
  downloadBytes: number;
}

/** Takes what readings tell of connections and keeps the most that was seen of each. */
export class CountedConnections {
  readonly #atBaseline: Map<string, number>;
  /** What opened until then was open at the baseline, also where the baseline does not list it. */
  #openedBeforeMs: number;
  /** Connections of this life of the proxy, by id. */
  #open = new Map<string, Counted>();
  readonly #all: Counted[] = [];
  #explainedBytes = 0;

  constructor(baseline: SamplingBaseline) {
    this.#atBaseline = new Map(Object.entries(baseline.connections));
    this.#openedBeforeMs = baseline.othersOpenedUntilMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Bytes of all connections seen so far. */
  get explainedBytes(): number {
    return this.#explainedBytes;
  }

  /** The proxy restarted: whatever id comes now is a new connection. */
  restart(): void {
    this.#open = new Map();
    this.#atBaseline.clear();
    this.#openedBeforeMs = Number.NEGATIVE_INFINITY;
  }

  take(input: { readonly changed: readonly ConnectionReading[]; readonly atMs: number }): void {
    for (const reading of input.changed) {
      const counted = this.#find(reading) ?? this.#add({ reading, atMs: input.atMs });
      const uploadBytes = Math.max(counted.uploadBytes, reading.uploadBytes - counted.baseUploadBytes);
      const downloadBytes = Math.max(counted.downloadBytes, reading.downloadBytes - counted.baseDownloadBytes);
      this.#explainedBytes += uploadBytes - counted.uploadBytes + downloadBytes - counted.downloadBytes;
      counted.uploadBytes = uploadBytes;
      counted.downloadBytes = downloadBytes;
    }
  }

  /** Those that moved anything since the baseline, in the order of their first sight. */
  all(): readonly ObservedConnection[] {
    return this.#all
      .filter(({ uploadBytes, downloadBytes }) => uploadBytes + downloadBytes > 0)
      .map(({ client, destination, startMs, uploadBytes, downloadBytes }) => ({
        client,
        destination,
        startMs,
        uploadBytes,
        downloadBytes,
      }));
  }

  /** One of the same id that opened at another time is another one: the proxy restarted and nothing else showed it. */
  #find(reading: ConnectionReading): Counted | undefined {
    const known = this.#open.get(reading.id);
    if (known === undefined || reading.opened === undefined || known.startMs === reading.opened.startMs) return known;
    return undefined;
  }

  /** The baseline knows both directions together; they are told apart as they stand at first sight. */
  #add({ reading, atMs }: { readonly reading: ConnectionReading; readonly atMs: number }): Counted {
    const { id, uploadBytes, downloadBytes } = reading;
    const isOld = (reading.opened?.startMs ?? atMs) <= this.#openedBeforeMs;
    const atBaseline = this.#atBaseline.get(id) ?? (isOld ? Number.POSITIVE_INFINITY : 0);
    const baseBytes = Math.min(atBaseline, uploadBytes + downloadBytes);
    const share = baseBytes === 0 ? 0 : uploadBytes / (uploadBytes + downloadBytes);
    const baseUploadBytes = Math.max(baseBytes - downloadBytes, Math.min(uploadBytes, Math.floor(baseBytes * share)));
    this.#atBaseline.delete(id);
    const counted: Counted = {
      client: reading.opened?.client ?? 'unknown',
      destination: reading.opened?.destination ?? 'unknown',
      startMs: reading.opened?.startMs ?? atMs,
      baseUploadBytes,
      baseDownloadBytes: baseBytes - baseUploadBytes,
      uploadBytes: 0,
      downloadBytes: 0,
    };
    this.#open.set(id, counted);
    this.#all.push(counted);
    return counted;
  }
}
