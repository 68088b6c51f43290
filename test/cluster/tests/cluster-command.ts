// `npm run cluster` as tests run it: as a program of its own, that can be killed at a line of its progress.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeExecutable } from '../../../src/processes/node-executable.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/cluster.ts', import.meta.url));

export interface CommandOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Lines of both outputs. */
  readonly lines: readonly string[];
}

/** Runs it to its end; with `killAt` it gets SIGKILL at the first line that holds that text. */
export async function clusterCommand(input: {
  readonly args: readonly string[];
  readonly killAt?: string;
}): Promise<CommandOutcome> {
  const child = spawn(nodeExecutable(), [SCRIPT, ...input.args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (input.killAt !== undefined && line.includes(input.killAt)) child.kill('SIGKILL');
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, lines };
}
