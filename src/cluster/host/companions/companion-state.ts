// What is on disk of a Job's companions: where they are, for whoever reads or ends them, and what was read of them.
import { appendFileSync } from 'node:fs';
import type { CompanionReading } from '../../../evidence/companion-model.ts';
import type { ProcessIdentity } from '../../../processes/process-identity.ts';
import { readIfThere, replaceFile } from '../exclusive-file.ts';
import { FILE_MODE, type RunDirectory } from '../run-directory.ts';
import type { CompanionCgroup } from './cgroup.ts';

/** One companion as it stands. */
export interface CompanionState {
  readonly name: string;
  /** Null while it is not running. */
  readonly leader: ProcessIdentity | null;
  readonly restarts: number;
  /** Null for one without limits, and where none can be set. */
  readonly cgroup: CompanionCgroup | null;
  /** Groups that were tried; what there is of them goes with the run. */
  readonly tried: readonly CompanionCgroup[];
  /** Why its limits do not hold it. */
  readonly note?: string;
}

/** Content of companions.json. */
export interface CompanionsState {
  readonly companions: readonly CompanionState[];
  /** Whether all have ended and their last readings are written down. */
  readonly ended: boolean;
}

/** Null before there are any. */
export async function readCompanionsState(directory: RunDirectory): Promise<CompanionsState | null> {
  const text = await readIfThere(directory.companionsFile);
  return text === null ? null : (JSON.parse(text) as CompanionsState);
}

export async function writeCompanionsState(input: {
  readonly directory: RunDirectory;
  readonly state: CompanionsState;
}): Promise<void> {
  await replaceFile({ path: input.directory.companionsFile, content: `${JSON.stringify(input.state)}\n` });
}

/** Adds readings to those that were written down. */
export function appendReadings(input: {
  readonly directory: RunDirectory;
  readonly readings: readonly CompanionReading[];
}): void {
  if (input.readings.length === 0) return;
  const text = input.readings.map((reading) => `${JSON.stringify(reading)}\n`).join('');
  appendFileSync(input.directory.companionReadings, text, { mode: FILE_MODE });
}

/** In the order of their times; a last line without its end is not there yet. */
export async function writtenReadings(directory: RunDirectory): Promise<readonly CompanionReading[]> {
  const lines = ((await readIfThere(directory.companionReadings)) ?? '').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as CompanionReading);
}
