// The way to a proxy's control API on this very machine: its own address, which must not lead elsewhere.
import { isIPv4 } from 'node:net';
import { InvalidInputError } from '../../errors/errors.ts';
import type { ControlPath } from '../cluster.ts';

/** @throws InvalidInputError unless the URL is plain HTTP to a loopback address */
export function openLoopbackControl(controlUrl: string): ControlPath {
  if (!isLoopback(controlUrl)) {
    throw new InvalidInputError([
      {
        path: 'plan.proxy.controlUrl',
        value: controlUrl,
        message: 'is not a loopback address, and a host target speaks to proxies on this machine only',
        hint: 'Give the address as this machine sees it, such as http://127.0.0.1:9090.',
      },
    ]);
  }
  return { url: controlUrl, close: () => Promise.resolve() };
}

function isLoopback(controlUrl: string): boolean {
  if (!URL.canParse(controlUrl)) {
    return false;
  }
  const { protocol, hostname } = new URL(controlUrl);
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
  return isLocal && (protocol === 'http:' || protocol === 'https:');
}
