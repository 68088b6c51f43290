// The files that an image may be built from: those of the project's folder that .dockerignore leaves visible.
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file by its path within the project's folder. */
export type VisibleFile = string;

/**
 * What a build sees below `root`, sorted. The .dockerignore has to hide everything (`*`) and then to name what is seen.
 * @throws Error for one that is written in another way
 */
export function visibleFiles(root: string): readonly VisibleFile[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const [first, ...seen] = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (first !== '*' || seen.some((line) => !line.startsWith('!'))) {
    throw new Error('.dockerignore has to hide everything and then to name what a build sees');
  }
  const patterns = seen.flatMap((line) => [line.slice(1), `${line.slice(1)}/**`]);
  const files = globSync(patterns, { cwd: root }).filter((path) => statSync(join(root, path)).isFile());
  return [...new Set(files)].toSorted();
}
