// Finds a Node that runs this project's TypeScript directly: the project's own, else the one that is running.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Least Node that strips types by itself and that every dependency loads on. */
export const LEAST_NODE = '22.19.0';

/**
 * Path of a Node >= 22.19, or null when there is none. The project's own comes first, so that everyone runs the same.
 * @param {{ root: string }} input `root`: the project's folder
 * @returns {string | null}
 */
export function findNode({ root }) {
  const own = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(own) && isNewEnough(versionOf(own))) return own;
  return isNewEnough(process.versions.node) ? process.execPath : null;
}

/**
 * @param {string | null} version `24.21.0`; null is never enough
 * @returns {boolean}
 */
function isNewEnough(version) {
  if (version === null) return false;
  const found = version.split('.').map(Number);
  const least = LEAST_NODE.split('.').map(Number);
  for (let i = 0; i < least.length; i += 1) {
    if (found[i] !== least[i]) return found[i] > least[i];
  }
  return true;
}

/** A binary for another platform or a broken install gives null, not an exception. */
function versionOf(node) {
  const asked = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return asked.status === 0 ? asked.stdout.trim().replace(/^v/, '') : null;
}
