// The readings of a run on the worker's disk: one directory for each run, one file for each attempt at sampling it.
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, messageOf } from '../errors/errors.ts';
import { bytesOf } from '../evidence/talkers.ts';
import { ChangesOnly } from './changes-only.ts';
import type { ControlSnapshot } from './control-client.ts';
import { type ConnectionReading, type JournalRecord, formatRecord, parseRecord } from './journal-record.ts';

/** Most bytes that one attempt writes unless told otherwise: 16 MiB. */
const DEFAULT_MAX_JOURNAL_BYTES = 16 * 1024 * 1024;

const MAX_REASON_CHARACTERS = 300;

/** How far apart readings are kept once a share of the bound is used up. The last share is for the last readings. */
const SPACINGS: readonly { readonly fromShare: number; readonly spacingMs: number }[] = [
  { fromShare: 0.95, spacingMs: Number.POSITIVE_INFINITY },
  { fromShare: 0.75, spacingMs: 10_000 },
  { fromShare: 0.5, spacingMs: 1_000 },
  { fromShare: 0, spacingMs: 0 },
];

/** Where one attempt writes its readings. Calls may overlap; records keep the order of the calls. */
export interface Journal {
  readonly path: string;
  /** Writes a reading, or keeps its changes for the next one when the bound nears. @throws InfrastructureError */
  reading(input: {
    readonly snapshot: ControlSnapshot;
    readonly instance: string | undefined;
    /** The last reading of the attempt, written even where others no longer are. */
    readonly last?: boolean;
  }): Promise<void>;
  /** Writes down why readings may be missing. @throws InfrastructureError */
  note(input: { readonly atMs: number; readonly reason: string }): Promise<void>;
  /** What all attempts of the run wrote so far, this one's part too; see `readJournal`. Fine after closing. */
  readAll(): Promise<readonly (readonly JournalRecord[])[]>;
  close(): Promise<void>;
}

/**
 * Opens a new file for one attempt in the run's own directory; what earlier attempts wrote is left as it is. The file
 * stays within `maxBytes` (default 16 MiB): past half of it readings are kept 1 s apart, past three quarters 10 s, past
 * 95 % the last one alone. Written data outlives the process, not the machine: nothing waits for the disk.
 * @throws InfrastructureError
 */
export async function openJournal(input: {
  readonly dir: string;
  readonly attempt: number;
  readonly maxBytes?: number;
}): Promise<Journal> {
  const { dir, attempt, maxBytes = DEFAULT_MAX_JOURNAL_BYTES } = input;
  const path = join(dir, `attempt-${attempt}-${Date.now()}-${randomBytes(4).toString('hex')}.jsonl`);
  const file = await orBroken(async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return await open(path, 'ax', 0o600);
  });
  return new FileJournal({ file, path, dir, maxBytes });
}

/**
 * Reads what all attempts of a run wrote, in the order in which they began; none when the directory does not exist. A last line cut
 * short by a crash is left out; any other line that is no record becomes a note about damage.
 * @throws InfrastructureError
 */
export async function readJournal(input: { readonly dir: string }): Promise<readonly (readonly JournalRecord[])[]> {
  return await orBroken(async () => {
    const files = (await readdir(input.dir).catch(emptyWhenMissing))
      .filter((file) => file.endsWith('.jsonl'))
      .sort((a, b) => beganAtMs(a) - beganAtMs(b) || (a < b ? -1 : 1));
    const attempts: (readonly JournalRecord[])[] = [];
    for (const file of files) attempts.push(recordsOf(await readFile(join(input.dir, file), 'utf8')));
    return attempts;
  });
}

/** Removes a run's journal; none is fine. @throws InfrastructureError */
export async function removeJournal(input: { readonly dir: string }): Promise<void> {
  await orBroken(() => rm(input.dir, { recursive: true, force: true }));
}

class FileJournal implements Journal {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #changes = new ChangesOnly();
  #writtenBytes = 0;
  #lastWrittenAtMs = Number.NEGATIVE_INFINITY;
  #spacingMs = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(input: {
    readonly file: FileHandle;
    readonly path: string;
    readonly dir: string;
    readonly maxBytes: number;
  }) {
    this.#file = input.file;
    this.#dir = input.dir;
    this.path = input.path;
    this.#maxBytes = input.maxBytes;
  }

  async reading(input: Parameters<Journal['reading']>[0]): Promise<void> {
    return await this.#inTurn(async () => {
      const { snapshot, instance, last = false } = input;
      this.#changes.see(snapshot, instance);
      await this.#announceSpacing(snapshot.atMs);
      if (!last && snapshot.atMs - this.#lastWrittenAtMs < this.#spacingMs) return;
      const { atMs, via, sequence, uploadTotalBytes, downloadTotalBytes } = snapshot;
      const totals = { kind: 'reading', atMs, via, uploadTotalBytes, downloadTotalBytes } as const;
      const record = {
        ...totals,
        ...(instance === undefined ? {} : { instance }),
        ...(sequence === undefined ? {} : { sequence }),
      };
      // Where not all find room, the largest do: each byte without its connection is one that nobody can explain.
      let changed = this.#changes.take();
      let written = await this.#write({ ...record, changed });
      while (!written && changed.length > 0) {
        changed = largest({ changed, count: Math.floor(changed.length / 2) });
        written = await this.#write({ ...record, changed });
      }
      if (written) this.#lastWrittenAtMs = atMs;
    });
  }

  async note(input: Parameters<Journal['note']>[0]): Promise<void> {
    return await this.#inTurn(async () => {
      await this.#write({
        kind: 'note',
        about: 'proxy',
        atMs: input.atMs,
        reason: input.reason.slice(0, MAX_REASON_CHARACTERS),
      });
    });
  }

  async readAll(): Promise<readonly (readonly JournalRecord[])[]> {
    await this.#turn;
    return await readJournal({ dir: this.#dir });
  }

  async close(): Promise<void> {
    return await this.#inTurn(() => this.#file.close());
  }

  async #announceSpacing(atMs: number): Promise<void> {
    const share = this.#writtenBytes / this.#maxBytes;
    const spacingMs = SPACINGS.find(({ fromShare }) => share >= fromShare)?.spacingMs ?? 0;
    if (spacingMs === this.#spacingMs) return;
    this.#spacingMs = spacingMs;
    const kept = Number.isFinite(spacingMs)
      ? `readings are kept ${spacingMs / 1000} s apart`
      : 'only the last reading is kept';
    await this.#write({
      kind: 'note',
      about: 'bound',
      atMs,
      reason: `the journal of readings is nearly full: ${kept}`,
    });
  }

  /** Whether there was room. */
  async #write(record: JournalRecord): Promise<boolean> {
    const line = Buffer.from(`${formatRecord(record)}\n`);
    if (this.#writtenBytes + line.length > this.#maxBytes) return false;
    this.#writtenBytes += line.length;
    await orBroken(() => this.#file.appendFile(line));
    return true;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function largest(input: {
  readonly changed: readonly ConnectionReading[];
  readonly count: number;
}): readonly ConnectionReading[] {
  return input.changed.toSorted((a, b) => bytesOf(b) - bytesOf(a)).slice(0, input.count);
}

function recordsOf(text: string): readonly JournalRecord[] {
  const lines = text.split('\n');
  const cutShort = lines.pop() ?? '';
  const records: JournalRecord[] = [];
  for (const [index, line] of lines.entries()) {
    const record = parseRecord(line);
    if (record !== undefined) records.push(record);
    else records.push(damage({ atMs: records.at(-1)?.atMs ?? 0, line: index + 1 }));
  }
  const whole = parseRecord(cutShort);
  if (whole !== undefined) records.push(whole);
  return records;
}

function damage(input: { readonly atMs: number; readonly line: number }): JournalRecord {
  const reason = `line ${input.line} of the journal of readings cannot be read`;
  return { kind: 'note', about: 'damage', atMs: input.atMs, reason };
}

/** Attempts are numbered anew when sampling is begun anew; only the time tells which one is the later. */
function beganAtMs(file: string): number {
  return Number(/^attempt-\d+-(\d+)-/.exec(file)?.[1] ?? 0);
}

function emptyWhenMissing(thrown: NodeJS.ErrnoException): string[] {
  if (thrown.code === 'ENOENT') return [];
  throw thrown;
}

async function orBroken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw new InfrastructureError(`the journal of readings: ${messageOf(thrown)}`, { cause: thrown });
  }
}
