// The request, made once and sent as often as needed.
import type { LoadSettings } from './load-settings.ts';

/** Methods whose requests say that they have no body. */
const EXPECTS_BODY = new Set(['POST', 'PUT', 'PATCH']);

export function requestBytes(
  settings: Pick<LoadSettings, 'host' | 'port' | 'path' | 'method' | 'headers' | 'http' | 'keepAlive'>,
): Buffer {
  const { host, port, path, method, headers, http, keepAlive } = settings;
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const name = host.includes(':') ? `[${host}]` : host;
  const own: (readonly [string, string])[] = [['Host', port === 80 ? name : `${name}:${port}`]];
  if (!given.has('user-agent')) own.push(['User-Agent', 'proxybench-load']);
  if (!given.has('accept')) own.push(['Accept', '*/*']);
  if (EXPECTS_BODY.has(method)) own.push(['Content-Length', '0']);
  // Each version of HTTP keeps or closes by itself; only the other wish needs saying.
  if (http === '1.0' && keepAlive) own.push(['Connection', 'keep-alive']);
  if (http === '1.1' && !keepAlive) own.push(['Connection', 'close']);
  const lines = [...own.filter(([each]) => each !== 'Host' || !given.has('host')), ...headers];
  return Buffer.from(
    `${method} ${path} HTTP/${http}\r\n${lines.map(([each, value]) => `${each}: ${value}\r\n`).join('')}\r\n`,
    'latin1',
  );
}
