// Runs the real command line as a child process, under Node and under bun.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const RUNTIMES = [
  { runtime: 'node', executable: `${ROOT}node_modules/.bin/node` },
  { runtime: 'bun', executable: `${ROOT}node_modules/.bin/bun` },
] as const;

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing listens there: commands that need Temporal must say so, the others must not notice. */
const NOWHERE = '127.0.0.1:1';

/** Runs `scripts/cli.ts` with these arguments in the project's folder, at most a minute. */
export function commandLine(input: {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): Promise<CommandEnd> {
  const { executable, args, env = {} } = input;
  return new Promise((resolve) => {
    const child = execFile(
      executable,
      ['scripts/cli.ts', ...args],
      {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TEMPORAL_ADDRESS: NOWHERE, ...env },
        timeout: 60_000,
        maxBuffer: 16 * 1024 * 1024,
      },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
