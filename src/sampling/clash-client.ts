// Speaks to any Clash API, that of sing-box, mihomo or the embedded proxy, as the sampler's control client.
import { readClashClock } from './clash-clock.ts';
import { clashEndpoint } from './clash-endpoint.ts';
import { parseConnections, parseInstance } from './clash-document.ts';
import { pumpClashReadings } from './clash-readings.ts';
import { getFromClash } from './clash-request.ts';
import type { ClockTelling } from './clock-offset.ts';
import type { ControlClient } from './control-client.ts';
import { createSnapshotInbox } from './snapshot-inbox.ts';

const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
/** sing-box and mihomo take any number; small ones cost a whole processor and zero ends their process. */
const MIN_INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 3_600_000;

/**
 * @param url base URL: `http://127.0.0.1:9090`.
 * @param secret sent as a Bearer header, never part of a URL, a message or an error.
 * @param requestTimeoutMs for one answer or one upgrade, and the least silence that ends a stream; default 5 s.
 * @throws InvalidInputError for a URL or secret that cannot be used.
 */
export function createClashClient(input: {
  readonly url: string;
  readonly secret?: string;
  readonly requestTimeoutMs?: number;
}): ControlClient & ClockTelling {
  const endpoint = clashEndpoint({
    url: input.url,
    secret: input.secret,
    requestTimeoutMs: input.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
  });
  return {
    async read({ signal }) {
      const reading = await getFromClash({ endpoint, path: '/connections', parse: parseConnections, signal });
      return { ...reading, atMs: Date.now(), via: 'polling' };
    },

    instance({ signal }) {
      return getFromClash({ endpoint, path: '/version', parse: parseInstance, signal });
    },

    clock({ signal }) {
      return readClashClock({ endpoint, signal });
    },

    async *readings({ intervalMs, signal, onOutage }) {
      // A reader may also just stop asking; what runs for it ends then as well.
      const left = new AbortController();
      const inbox = createSnapshotInbox();
      const pumped = pumpClashReadings({
        endpoint,
        intervalMs: Math.min(Math.max(Math.round(intervalMs), MIN_INTERVAL_MS), MAX_INTERVAL_MS),
        signal: AbortSignal.any([signal, left.signal]),
        onSnapshot: inbox.put,
        onOutage,
      }).then(inbox.end, inbox.fail);
      try {
        yield* inbox;
      } finally {
        left.abort();
        await pumped;
      }
    },
  };
}
