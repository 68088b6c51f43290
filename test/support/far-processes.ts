// Processes of the far side as a test finds them, which in the test cluster is this very machine.
import { readFileSync, readdirSync } from 'node:fs';

export interface FarProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
}

/** Those that carry the mark of the recorder of this spool. */
export function recorderProcesses(spool: string): readonly FarProcess[] {
  return everyProcess().filter(({ pid }) => textOf(pid, 'environ').split('\0').includes(`PROXYBENCH_SPOOL=${spool}/.`));
}

/** The sshd session in which somebody runs a script with these words among its arguments; undefined when none does. */
export function sessionOf(...words: readonly string[]): FarProcess | undefined {
  const processes = everyProcess();
  const parents = new Map(processes.map((one) => [one.pid, one]));
  return processes
    .filter(
      ({ pid, name }) => name === 'sh' && words.every((word) => textOf(pid, 'cmdline').split('\0').includes(word)),
    )
    .map(({ parentPid }) => parents.get(parentPid))
    .find((parent) => parent?.name.startsWith('sshd') === true);
}

function everyProcess(): readonly FarProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const pid = Number(entry);
      const stat = /^\d+ \((.*)\) (\S) (\d+) /s.exec(textOf(pid, 'stat'));
      if (stat === null || stat[2] === 'Z') return [];
      return [{ pid, name: stat[1] ?? '', parentPid: Number(stat[3]) }];
    });
}

/** Empty for one that has ended: most of them live shorter than a look at them takes. */
export function textOf(pid: number, file: 'environ' | 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
