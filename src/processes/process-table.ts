// What runs on this machine right now, read from the kernel where it tells and from `ps` elsewhere.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One live process. Zombies are not listed: they hold nothing and cannot be ended. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Tells two processes apart that had the same pid; only ever compared for equality. */
  readonly startToken: string;
}

/** Every live process that this user may see. */
export function readProcessTable(): readonly ProcessEntry[] {
  if (process.platform !== 'linux') {
    return parsePsListing(psListing(['-A']));
  }
  const boot = bootId();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readEntry({ pid: Number(pid), boot }))
    .filter((entry) => entry !== null);
}

/** One process, or null when no live process has that pid. */
export function readProcess(pid: number): ProcessEntry | null {
  if (process.platform !== 'linux') {
    return parsePsListing(psListing(['-p', String(pid)]))[0] ?? null;
  }
  return readEntry({ pid, boot: bootId() });
}

/** The lines of `ps` with the columns pid, ppid, pgid, stat and lstart, as entries. */
export function parsePsListing(listing: string): readonly ProcessEntry[] {
  return listing.split('\n').flatMap((line) => {
    const [pid, parentPid, groupId, state, ...started] = line.trim().split(/\s+/);
    if (groupId === undefined || state === undefined || state.startsWith('Z')) {
      return [];
    }
    return [
      { pid: Number(pid), parentPid: Number(parentPid), groupId: Number(groupId), startToken: started.join(' ') },
    ];
  });
}

/** The text of /proc/<pid>/stat as an entry; null for a zombie. `boot` names the life of the machine. */
export function parseStat(input: {
  readonly pid: number;
  readonly stat: string;
  readonly boot: string;
}): ProcessEntry | null {
  // The program's name stands in parentheses and may hold anything, parentheses too.
  const fields = input.stat.slice(input.stat.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid, groupId] = fields;
  const startTicks = fields[19];
  if (state === undefined || state === 'Z' || state === 'X' || startTicks === undefined) {
    return null;
  }
  return {
    pid: input.pid,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    startToken: `${startTicks}@${input.boot}`,
  };
}

function readEntry(input: { readonly pid: number; readonly boot: string }): ProcessEntry | null {
  try {
    return parseStat({ ...input, stat: readFileSync(`/proc/${input.pid}/stat`, 'utf8') });
  } catch {
    return null; // it ended while we were looking
  }
}

let knownBootId: string | undefined;

/** Start times count from the boot, so the same ticks mean another process after a reboot. */
function bootId(): string {
  try {
    knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    knownBootId = 'unknown-boot';
  }
  return knownBootId;
}

function psListing(selection: readonly string[]): string {
  const columns = ['-o', 'pid=', '-o', 'ppid=', '-o', 'pgid=', '-o', 'stat=', '-o', 'lstart='];
  try {
    return execFileSync('ps', [...selection, ...columns], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return ''; // ps answers with an error when nothing matches
  }
}
