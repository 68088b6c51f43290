// A control client that tells what a test hands it, for cases that no real proxy can be brought to on demand.
import type { ControlClient, ControlConnection, ControlSnapshot } from '../../src/sampling/control-client.ts';

/** What the client does next: a reading, an outage, or whatever the function does meanwhile. */
export type ScriptStep = ControlSnapshot | { readonly outage: string } | (() => void);

export function snapshot(
  atMs: number,
  downloadTotalBytes: number,
  connections: readonly ControlConnection[] = [],
): ControlSnapshot {
  return { atMs, uploadTotalBytes: 0, downloadTotalBytes, connections, via: 'stream' };
}

export function open(id: string, downloadBytes: number, startMs = 0): ControlConnection {
  return { id, client: '10.0.0.1', destination: `${id}.example:443`, startMs, uploadBytes: 0, downloadBytes };
}

/** Plays `steps` as its readings, then stays silent until aborted; `read` and `instance` answer from their lists, then go on with the last. */
export function scriptedControlClient(script: {
  readonly steps?: readonly ScriptStep[];
  readonly reads?: readonly (ControlSnapshot | Error)[];
  readonly instances?: readonly (string | undefined | Error)[];
  /** Ends the readings after the last step although nobody aborted. */
  readonly endsByItself?: boolean;
}): ControlClient {
  const reads = [...(script.reads ?? [])];
  const instances = [...(script.instances ?? [undefined])];
  return {
    async read() {
      const next = reads.length > 1 ? reads.shift() : reads[0];
      if (next === undefined) throw new Error('connect ECONNREFUSED');
      if (next instanceof Error) throw next;
      return next;
    },
    async instance() {
      const next = instances.length > 1 ? instances.shift() : instances[0];
      if (next instanceof Error) throw next;
      return next;
    },
    async *readings({ signal, onOutage }) {
      for (const step of script.steps ?? []) {
        if (signal.aborted) return;
        if (typeof step === 'function') step();
        else if ('outage' in step) onOutage(step.outage);
        else yield step;
      }
      if (script.endsByItself === true || signal.aborted) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}
