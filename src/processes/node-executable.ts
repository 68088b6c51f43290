// The Node that runs this project's own programs, also when the caller itself runs under bun.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of the running Node; under another runtime the project's own Node, else `node` for the PATH to resolve. */
export function nodeExecutable(): string {
  if (process.versions['bun'] === undefined) return process.execPath;
  const own = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  return existsSync(own) ? own : 'node';
}
