// Cuts snapshots down to what changed, so that hours of readings of mostly idle connections stay small.
import type { ControlConnection, ControlSnapshot } from './control-client.ts';
import type { ConnectionReading } from './journal-record.ts';

type Told = Pick<ControlConnection, 'uploadBytes' | 'downloadBytes' | 'startMs'>;

/** Remembers what was told already. Changes of snapshots that were not taken are kept for the next one that is. */
export class ChangesOnly {
  /** Open connections alone: a proxy may give a closed one's id away again after a restart. */
  #told: ReadonlyMap<string, Told> = new Map();
  readonly #pending = new Map<string, ConnectionReading>();
  #last: { readonly snapshot: ControlSnapshot; readonly instance: string | undefined } | undefined;

  /** Takes in a snapshot, and which life of the proxy it is of where that is known, without telling anything yet. */
  see(snapshot: ControlSnapshot, instance?: string): void {
    if (this.#isRestart(snapshot, instance)) {
      this.#told = new Map();
      this.#pending.clear();
    }
    this.#last = { snapshot, instance };
    const open = new Map<string, Told>();
    for (const connection of snapshot.connections) {
      const { id, uploadBytes, downloadBytes, client, destination, startMs } = connection;
      const told = this.#told.get(id);
      open.set(id, connection);
      const isNew = told?.startMs !== startMs;
      if (!isNew && told.uploadBytes === uploadBytes && told.downloadBytes === downloadBytes) continue;
      const opened = isNew ? { client, destination, startMs } : this.#pending.get(id)?.opened;
      this.#pending.set(id, { id, uploadBytes, downloadBytes, ...(opened === undefined ? {} : { opened }) });
    }
    this.#told = open;
  }

  /** Everything that changed since this was last asked. */
  take(): readonly ConnectionReading[] {
    const changed = [...this.#pending.values()];
    this.#pending.clear();
    return changed;
  }

  #isRestart(now: ControlSnapshot, instance: string | undefined): boolean {
    if (this.#last === undefined) return false;
    const { snapshot: then, instance: known } = this.#last;
    if (instance !== undefined && known !== undefined && instance !== known) return true;
    return now.uploadTotalBytes < then.uploadTotalBytes || now.downloadTotalBytes < then.downloadTotalBytes;
  }
}
