// The second listener: health at /healthz, metrics everywhere else, as the original has them.
import { type BunServer, bunRuntime } from './bun-runtime.ts';
import type { ListenAddress } from './settings.ts';

/**
 * Serves them until it is stopped. Health is 200, and 503 once the proxy is being ended.
 * @throws Error when the address cannot be listened on
 */
export function servePages(input: {
  readonly address: ListenAddress;
  readonly isEnding: () => boolean;
  readonly metricsPage: () => string;
}): BunServer {
  const { address, isEnding, metricsPage } = input;
  return bunRuntime().serve({
    hostname: address.host,
    port: address.port,
    development: false,
    reusePort: false,
    fetch: (request) => {
      if (new URL(request.url).pathname === '/healthz') {
        return isEnding() ? new Response('ending\n', { status: 503 }) : new Response('ok\n');
      }
      return new Response(metricsPage(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
    },
    error: () => new Response(null, { status: 500 }),
  });
}
