// How far a disk reads ahead of a page that is missing: held at the kernel's default while cold programs are measured.
import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The kernel's default, `VM_READAHEAD_PAGES`. */
export const USUAL_READ_AHEAD_KIB = 128;

/** What holds while it is held, and what the machine has by itself; null where the file's disk tells nothing of it. */
export interface ReadAhead {
  readonly heldKib: number | null;
  readonly ownKib: number | null;
  /** Puts back what was there. */
  release(): void;
}

/**
 * Sets it for the disk that `path` is on, where `kib` is not null; `release` and the end of this process put it back.
 * @throws Error where it cannot be set
 */
export function holdReadAhead({ path, kib }: { readonly path: string; readonly kib: number | null }): ReadAhead {
  const file = readAheadFile(path);
  const ownKib = file === null ? null : readKib(file);
  if (file === null || ownKib === null || kib === null || kib === ownKib) {
    return { heldKib: ownKib, ownKib, release: () => undefined };
  }
  writeFileSync(file, String(kib));
  const release = (): void => {
    process.off('exit', release);
    writeFileSync(file, String(ownKib));
  };
  process.on('exit', release);
  return { heldKib: readKib(file), ownKib, release };
}

function readKib(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}

/** A partition has none of its own but its disk's; what is on no disk at all, a tmpfs for example, has none. */
function readAheadFile(path: string): string | null {
  const { dev } = statSync(path);
  const device = `/sys/dev/block/${major(dev)}:${minor(dev)}`;
  try {
    const block = realpathSync(device);
    for (const disk of [block, dirname(block)]) {
      const file = join(disk, 'queue', 'read_ahead_kb');
      if (statSync(file, { throwIfNoEntry: false }) !== undefined) return file;
    }
  } catch {
    return null;
  }
  return null;
}

/** As `makedev(3)` of Linux packs them. */
function major(device: number): number {
  return Math.floor(device / 2 ** 32) * 4_096 + ((device >>> 8) & 0xfff);
}

function minor(device: number): number {
  return (((device >>> 20) << 8) | (device & 0xff)) >>> 0;
}
