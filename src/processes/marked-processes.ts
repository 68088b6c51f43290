// Finds processes by a variable of their environment: the trace that survives setsid and a dead parent.
import { readFileSync } from 'node:fs';

/** An environment variable that everything started for one purpose carries. */
export interface EnvironmentMarker {
  readonly name: string;
  readonly value: string;
}

/** Whether the process started with the marker. Known on Linux only, and only of this user's processes; else false. */
export function isMarked(input: { readonly pid: number; readonly marker: EnvironmentMarker }): boolean {
  if (process.platform !== 'linux') {
    return false;
  }
  try {
    const environment = readFileSync(`/proc/${input.pid}/environ`, 'latin1');
    const wanted = Buffer.from(`${input.marker.name}=${input.marker.value}`, 'utf8').toString('latin1');
    return environment.split('\0').includes(wanted);
  } catch {
    return false; // it ended, or it is not ours to look at
  }
}
