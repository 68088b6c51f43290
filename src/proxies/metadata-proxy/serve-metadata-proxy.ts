// The metadata proxy as a whole: its two listeners, from start to a graceful end.
import { lengthenAcceptQueue } from './accept-queue.ts';
import { accessLog } from './access-log.ts';
import { BodyRoom } from './body-room.ts';
import { type BunServer, bunRuntime } from './bun-runtime.ts';
import { exchange } from './exchange.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { Rests } from './rests.ts';
import { servePages } from './serve-pages.ts';
import type { ListenAddress, MetadataProxySettings } from './settings.ts';
import { SharedAnswers } from './shared-answers.ts';
import { Turns } from './turns.ts';
import { createUpstream } from './upstream.ts';
import { Waits } from './waits.ts';

/** Headers and bodies of all requests under way together, beyond the usual. */
const REQUEST_ROOM_BYTES = 3 * 1024 * 1024;

/** A proxy that listens. */
export interface RunningMetadataProxy {
  readonly listen: ListenAddress;
  readonly metrics: ListenAddress;
  /** Whether thousands of clients may come at once; else 512. */
  readonly hasLongQueue: boolean;
  /** Ends gracefully: see `stopGraceMs`. */
  close(): Promise<void>;
}

/**
 * Starts it. `/healthz` of the metrics address says 200 from now on and 503 once it is being ended; every other path there
 * is the page of metrics, as the original has it.
 * @throws Error when an address cannot be listened on
 */
export function serveMetadataProxy(input: {
  readonly settings: MetadataProxySettings;
  /** One line for each answered request, with `accessLog`. */
  readonly onLine?: (line: string) => void;
}): RunningMetadataProxy {
  const { settings, onLine } = input;
  const bun = bunRuntime();
  const metrics = new ProxyMetrics();
  const turns = new Turns({ most: settings.maxConnections });
  const waits = new Waits();
  const parts = {
    settings,
    metrics,
    turns,
    waits,
    room: new BodyRoom({ collect: () => bun.gc(true) }),
    requestRoom: new Turns({ most: REQUEST_ROOM_BYTES }),
    onAnswered: settings.accessLog && onLine !== undefined ? accessLog({ onLine }) : null,
    upstream: createUpstream({ url: settings.upstream }),
    answers: new SharedAnswers(settings),
  };
  const rests = new Rests();
  const idleTimeout = Math.ceil(settings.clientTimeoutMs / 1000);
  const answer = (request: Request, server: BunServer): Response | Promise<Response> => {
    const answered = exchange({ parts, request, onWait: () => server.timeout(request, 0) });
    if (!(answered instanceof Promise)) return answered;
    // What was set for the wait would else hold for as long as the connection does.
    return answered.finally(() => server.timeout(request, idleTimeout));
  };
  const proxy = bun.serve({
    hostname: settings.listen.host,
    port: settings.listen.port,
    idleTimeout,
    development: false,
    reusePort: false,
    fetch: (request, server) => {
      const rest = rests.next();
      return rest === null ? answer(request, server) : rest.then(() => answer(request, server));
    },
    error: () => new Response(null, { status: 502 }),
  });
  let isEnding = false;
  const metricsPage = (): string => {
    metrics.queued = turns.waiting;
    return metrics.page({ requests: proxy.pendingRequests });
  };
  let pages: BunServer;
  try {
    pages = servePages({ address: settings.metrics, isEnding: () => isEnding, metricsPage });
  } catch (thrown) {
    // Half a proxy is none.
    void proxy.stop(true);
    throw thrown;
  }
  return {
    listen: { host: settings.listen.host, port: proxy.port },
    metrics: { host: settings.metrics.host, port: pages.port },
    hasLongQueue: lengthenAcceptQueue({ port: proxy.port }),
    close: async () => {
      isEnding = true;
      waits.endAll();
      const cutOff = setTimeout(() => void proxy.stop(true), settings.stopGraceMs);
      await proxy.stop();
      clearTimeout(cutOff);
      await pages.stop(true);
    },
  };
}
