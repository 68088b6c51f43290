// What both kinds of cgroup are made of: small files of numbers, and directories that go when nobody is inside.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** As kubelets set it. */
export const PERIOD_MICROSECONDS = 100_000;

const AGAIN_MS = 20;
const GONE_WITHIN_MS = 5_000;

/** argv that writes its pid into each of the files and then becomes `command`. */
export function enterBy(procsFiles: readonly string[], command: readonly string[]): readonly string[] {
  const script = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 125; shift; done; shift; exec "$@"';
  return ['/bin/sh', '-c', script, 'sh', ...procsFiles, '--', ...command];
}

/** The number that the file consists of; 0 where there is no such file. */
export function readNumber(file: string): number {
  return Number(readOr(file, '0').trim());
}

/** A file of lines `name number`. */
export function readFields(file: string): (name: string) => number {
  const fields = new Map(
    readOr(file, '')
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return (name) => Number(fields.get(name) ?? 0);
}

/** Kills what runs in the directories' groups and removes them. @throws Error when they are not empty in time */
export async function removeGroups(directories: readonly string[]): Promise<void> {
  const untilMs = performance.now() + GONE_WITHIN_MS;
  for (const directory of directories) {
    while (!isRemoved(directory)) {
      if (performance.now() > untilMs) throw new Error(`the cgroup ${directory} cannot be removed`);
      killThose(join(directory, 'cgroup.procs'));
      await pause(AGAIN_MS);
    }
  }
}

/** For a setting that a kernel without swap does not have: there is nothing to hold back then. */
export function setWhereThere(file: string, value: string): void {
  if (existsSync(file)) writeFileSync(file, value);
}

/** Makes the directories and writes the settings, or leaves nothing. @throws the system's own error, with the file */
export function makeGroups(input: {
  readonly directories: readonly string[];
  readonly settings: readonly (readonly [file: string, value: string])[];
}): void {
  const there: string[] = [];
  try {
    for (const directory of input.directories) {
      mkdirSync(directory);
      there.push(directory);
    }
    for (const [file, value] of input.settings) writeFileSync(file, value);
  } catch (error) {
    for (const directory of there.toReversed()) rmdirSync(directory);
    throw error;
  }
}

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function killThose(procsFile: string): void {
  for (const pid of readOr(procsFile, '').split('\n').filter(Boolean).map(Number)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
