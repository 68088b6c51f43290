// Where nothing else gives a `temporal` command, Go builds the pinned one, once for each version.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, isExecutableFile } from '../processes/find-on-path.ts';
import { runCommand } from '../processes/run-command.ts';
import type { SourceInput, TemporalSource } from './temporal-source.ts';
import { TEMPORAL_CLI_MODULE, TEMPORAL_CLI_VERSION } from './versions.ts';

const WITHIN_MS = 20 * 60_000;
const TELL_EVERY_MS = 10_000;

export const goInstallSource: TemporalSource = {
  name: '`go install`',
  present: async (input) => (isExecutableFile(built(input)) ? built(input) : null),
  obtain: async (input) => {
    const go = findOnPath({ program: 'go', path: input.env['PATH'] ?? '' });
    if (go === null) throw new Error('there is no `go` on PATH');
    const home = join(input.cacheDir, 'temporal', TEMPORAL_CLI_VERSION);
    mkdirSync(home, { recursive: true });
    // Built beside its place and moved there when it is whole: two builders, or one that dies, leave no half a file.
    const workshop = mkdtempSync(join(home, 'building-'));
    const startedAtMs = performance.now();
    const elapsed = (): string => `${Math.round((performance.now() - startedAtMs) / 1000)} s`;
    input.onProgress(`building temporal ${TEMPORAL_CLI_VERSION} with go install, once; this takes a few minutes`);
    const ticker = setInterval(() => input.onProgress(`still building temporal, ${elapsed()}`), TELL_EVERY_MS);
    try {
      const run = await runCommand({
        command: [go, 'install', `${TEMPORAL_CLI_MODULE}@${TEMPORAL_CLI_VERSION}`],
        env: { ...goEnvironment(input.env), GOBIN: workshop },
        // Away from any go.mod or go.work, which would have a say in the build.
        cwd: workshop,
        timeoutMs: WITHIN_MS,
        ...(input.signal === undefined ? {} : { signal: input.signal }),
      });
      if (run.ended === 'timeout') throw new Error(`not done after ${WITHIN_MS / 60_000} minutes`);
      if (run.ended === 'aborted') throw new Error('it was stopped');
      if (run.exit.code !== 0) throw new Error(run.lines.at(-1) ?? `it ended with code ${run.exit.code}`);
      renameSync(join(workshop, 'temporal'), built(input));
      input.onProgress(`temporal ${TEMPORAL_CLI_VERSION} was built in ${elapsed()}`);
      return built(input);
    } finally {
      clearInterval(ticker);
      rmSync(workshop, { recursive: true, force: true });
    }
  },
};

function built({ cacheDir }: SourceInput): string {
  return join(cacheDir, 'temporal', TEMPORAL_CLI_VERSION, 'temporal');
}

/** Go for this machine, whatever the caller usually builds for; pure Go needs no C compiler. */
function goEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name === 'GOOS' || name === 'GOARCH' ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), CGO_ENABLED: '0' };
}
