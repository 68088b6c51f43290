// Which header lines concern one connection alone and are never passed on (RFC 9110, 7.6.1).
import type { HeaderLine } from './answer.ts';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The lines of a message without those of its connection and those that its `Connection` names; it cannot name the host. */
export function passedHeaders(headers: Headers): HeaderLine[] {
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return [...headers].filter(([name]) => name === 'host' || (!HOP_BY_HOP.has(name) && !named.includes(name)));
}
