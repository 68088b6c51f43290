// All companions of a host Job, as its supervisor has them: up before the stages, read between them, gone after them.
import type { CompanionReading } from '../../../evidence/companion-model.ts';
import { endProcesses } from '../../../processes/end-processes.ts';
import { markerOfRun } from '../../../processes/run-marker.ts';
import type { HostCompanion, HostJob } from '../host-job.ts';
import type { RunDirectory } from '../run-directory.ts';
import { type CompanionCgroup, cgroupCandidates, makeCgroup, readCgroup, removeCgroup } from './cgroup.ts';
import { type CompanionState, appendReadings, readCompanionsState, writeCompanionsState } from './companion-state.ts';
import { readCompanion } from './read-companion.ts';
import { type CompanionRun, runCompanion } from './run-companion.ts';

/** Of an end that somebody waits for, for each of the last readings and the companions' own end. */
const EARLY_END_WITHIN_MS = 500;

/** For a Job without companions all of it does nothing. */
export class Companions {
  readonly #job: HostJob;
  readonly #directory: RunDirectory;
  readonly #states = new Map<string, CompanionState>();
  readonly #runs: CompanionRun[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(input: { readonly job: HostJob; readonly directory: RunDirectory }) {
    this.#job = input.job;
    this.#directory = input.directory;
  }

  /** Brings them up one after another; null when all answer, else why one does not. `ended` gives up the waiting. */
  async start(input: {
    readonly machine: Readonly<Record<string, string>>;
    readonly ended: Promise<unknown>;
  }): Promise<string | null> {
    for (const companion of this.#job.companions ?? []) {
      const cgroup = await this.#hold(companion);
      const run = runCompanion({
        companion,
        directory: this.#directory,
        machine: input.machine,
        cgroup,
        onChange: (change) => this.#change({ name: companion.name, ...change }),
      });
      this.#runs.push(run);
      const why = await Promise.race([run.ready, input.ended.then(() => `companion ${companion.name} was ended`)]);
      if (why !== null) return why;
    }
    return null;
  }

  /** Writes down a reading of each, at a moment that matters. */
  async note(): Promise<void> {
    appendReadings({ directory: this.#directory, readings: await this.#readAll() });
  }

  /**
   * Ends them all, writes down the last that can be said of them, and removes what held them. `early`: somebody waits for
   * the end, and has given the stage its grace already.
   */
  async end(input: { readonly graceMs: number; readonly early: boolean }): Promise<void> {
    if (this.#runs.length === 0) return;
    const last = await this.#readAll(input.early ? AbortSignal.timeout(EARLY_END_WITHIN_MS) : undefined);
    const graceMs = input.early ? Math.min(input.graceMs, EARLY_END_WITHIN_MS) : input.graceMs;
    await Promise.all(this.#runs.map((run) => run.end({ graceMs })));
    const { left } = await endProcesses({ marker: markerOfRun(this.#job.runId), graceMs: 0 });
    appendReadings({ directory: this.#directory, readings: last.map((reading) => this.#lastWord(reading)) });
    await this.#write(true);
    if (left.length === 0) removeGroups([...this.#states.values()]);
  }

  /** With what the kernel has counted up to its very end. */
  #lastWord(reading: CompanionReading): CompanionReading {
    const state = this.#states.get(reading.name);
    const kept = state?.cgroup === undefined || state.cgroup === null ? null : readCgroup(state.cgroup);
    const told = kept === null ? reading.usage : { ...kept, restarts: null };
    const usage = told === null || state === undefined ? reading.usage : { ...told, restarts: state.restarts };
    return { ...reading, atMs: Date.now(), usage };
  }

  async #readAll(signal: AbortSignal = new AbortController().signal): Promise<readonly CompanionReading[]> {
    const readings = await Promise.all(
      (this.#job.companions ?? []).map(async (companion) => {
        const state = this.#states.get(companion.name);
        return state === undefined ? null : await readCompanion({ companion, state, signal });
      }),
    );
    return readings.filter((reading) => reading !== null);
  }

  /** Makes the group that holds it to its limits; null where it has none, or cannot be held. */
  async #hold({ name, limits }: HostCompanion): Promise<CompanionCgroup | null> {
    const tried = limits === undefined ? [] : cgroupCandidates(`proxybench-${this.#job.runId}-${name}`);
    this.#states.set(name, { name, leader: null, restarts: 0, cgroup: null, tried });
    await this.#write(false);
    if (limits === undefined) return null;
    const refusals: string[] = [];
    for (const group of tried) {
      const refusal = makeCgroup({ group, limits });
      if (refusal === null) {
        await this.#change({ name, cgroup: group });
        return group;
      }
      refusals.push(refusal);
    }
    const why = refusals[0] ?? 'it has no cgroups that this process could be in';
    await this.#change({ name, note: `this machine lets nobody limit it: ${why}` });
    return null;
  }

  async #change(change: Partial<CompanionState> & Pick<CompanionState, 'name'>): Promise<void> {
    const before = this.#states.get(change.name);
    if (before !== undefined) this.#states.set(change.name, { ...before, ...change });
    await this.#write(false);
  }

  /** One after another, so that the newest is the one that stays. */
  async #write(ended: boolean): Promise<void> {
    this.#writing = this.#writing.then(() =>
      writeCompanionsState({
        directory: this.#directory,
        state: { companions: [...this.#states.values()], ended },
      }),
    );
    await this.#writing;
  }
}

/** Removes what still holds companions of a Job that is over. Gives what could not be removed. */
export async function removeCompanionGroups(directory: RunDirectory): Promise<readonly string[]> {
  return removeGroups((await readCompanionsState(directory))?.companions ?? []);
}

function removeGroups(states: readonly CompanionState[]): readonly string[] {
  return [...new Set(states.flatMap(({ tried }) => tried.flatMap(removeCgroup)))];
}
