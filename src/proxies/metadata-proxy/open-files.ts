// How many files and sockets this process may have open.
import { readFileSync } from 'node:fs';

/** The limit that holds now; null where there is none, or where this system does not tell. */
export function mostOpenFiles(limits: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(limits())?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
