// A metadata server to measure a proxy against: one token, answered as fast as the runtime can.
// Usage: proxybench-metadata-upstream HOST:PORT
import { bunRuntime } from '../metadata-proxy/bun-runtime.ts';

/** With these the document has 202 bytes, as the one that the original proxy was measured with. */
const TOKEN_CHARACTERS = 143;
const TOKEN = JSON.stringify({
  access_token: 'x'.repeat(TOKEN_CHARACTERS),
  expires_in: 3_599,
  token_type: 'Bearer',
});
const HEADERS = {
  'content-type': 'application/json',
  etag: '7a1c4c1b5d2e9f30',
  'metadata-flavor': 'Google',
  server: 'Metadata Server for VM',
};
/** Of a hanging get that names none. */
const LONGEST_WAIT_SECONDS = 60;

const [, host, port] = /^(.+):(\d{1,5})$/.exec(process.argv[2] ?? '') ?? [];
if (host === undefined || port === undefined) {
  process.stderr.write('usage: proxybench-metadata-upstream HOST:PORT\n');
  process.exitCode = 2;
} else {
  const token = (): Response => new Response(TOKEN, { headers: HEADERS });
  const server = bunRuntime().serve({
    hostname: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    development: false,
    reusePort: false,
    fetch: (request, running) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === '/healthz') return new Response('ok\n');
      if (request.headers.get('metadata-flavor') !== 'Google') {
        return new Response('Missing Metadata-Flavor:Google header.\n', { status: 403 });
      }
      if (!searchParams.has('wait_for_change')) return token();
      // Nothing ever changes here: the answer comes when its time is over.
      running.timeout(request, 0);
      const seconds = Number(searchParams.get('timeout_sec') ?? LONGEST_WAIT_SECONDS);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(token()), seconds * 1000);
        request.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      });
    },
    error: () => new Response(null, { status: 500 }),
  });
  process.stderr.write(`metadata upstream ready: ${host}:${server.port}\n`);
  const end = (): void => void server.stop(true);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
