// What a file, or a folder with all that is in it, comes to: equal for equal content, modes and links.
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256 in hex. Owners and times do not count. */
export function treeDigest(path: string): string {
  const hash = createHash('sha256');
  const status = lstatSync(path);
  hash.update(String(status.mode));
  if (status.isSymbolicLink()) hash.update(readlinkSync(path));
  else if (!status.isDirectory()) hash.update(readFileSync(path));
  else for (const name of readdirSync(path).toSorted()) hash.update(`${name} ${treeDigest(join(path, name))}\n`);
  return hash.digest('hex');
}
