// Faults that another process orders by a file: read at each request, so that they act at once and survive a restart.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a stand-in server does instead of serving. */
export type Fault =
  | { readonly kind: 'answers'; readonly status: number }
  /** Resets connections; those of everybody, or those that come from Pods, as the proxy's do. */
  | { readonly kind: 'refuses'; readonly fromPodsOnly: boolean }
  /** All bodies together flow no faster than this. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number };

/** Orders a fault; null ends it. Acts on requests that begin afterwards. */
export function orderFault(input: { readonly file: string; readonly fault: Fault | null }): void {
  const { file, fault } = input;
  if (fault === null) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(fault));
  renameSync(`${file}.new`, file);
}

/** The fault that is ordered now, or null. */
export function currentFault(file: string): Fault | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Fault) : null;
}
