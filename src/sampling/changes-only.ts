// Cuts snapshots down to what changed, so that hours of readings of mostly idle connections stay small.
import type { ControlSnapshot } from './control-client.ts';
import type { ConnectionReading } from './journal-record.ts';

/** Remembers what was told already. Changes of snapshots that were not taken are kept for the next one that is. */
export class ChangesOnly {
  #told = new Map<string, number>();
  readonly #pending = new Map<string, ConnectionReading>();

  /** Takes in a snapshot without telling anything yet. */
  see(snapshot: ControlSnapshot): void {
    const open = new Map<string, number>();
    for (const { id, uploadBytes, downloadBytes, client, destination, startMs } of snapshot.connections) {
      const bytes = uploadBytes + downloadBytes;
      const toldBytes = this.#told.get(id);
      open.set(id, bytes);
      if (toldBytes === bytes) continue;
      const opened = toldBytes === undefined ? { client, destination, startMs } : this.#pending.get(id)?.opened;
      this.#pending.set(id, { id, uploadBytes, downloadBytes, ...(opened === undefined ? {} : { opened }) });
    }
    // Only open connections are remembered: ids of closed ones never come back.
    this.#told = open;
  }

  /** Everything that changed since this was last asked. */
  take(): readonly ConnectionReading[] {
    const changed = [...this.#pending.values()];
    this.#pending.clear();
    return changed;
  }
}
