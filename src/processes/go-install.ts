// Builds a pinned Go program once for each version, into this program's cache.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findOnPath, isExecutableFile } from './find-on-path.ts';
import { isNetworkFailure } from './network-failure.ts';
import { type CommandResult, runCommand } from './run-command.ts';

const WITHIN_MS = 20 * 60_000;
const TELL_EVERY_MS = 10_000;
const TRY_AGAIN_AFTER_MS = 2_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** A program that `go install` can build. */
export interface GoProgram {
  /** The program's file name: the last part of `module`. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Build tags. Default: none. */
  readonly tags?: readonly string[];
}

/** XDG_CACHE_HOME/proxybench, by default ~/.cache/proxybench: what can be fetched or built again. */
export function cacheDirectory(env: Environment): string {
  const base = env['XDG_CACHE_HOME'] ?? '';
  return join(base === '' ? join(env['HOME'] ?? homedir(), '.cache') : base, 'proxybench');
}

/** The program where an earlier `goInstall` has built it, else null. */
export function builtBefore(input: { readonly program: GoProgram; readonly cacheDir: string }): string | null {
  const path = placeOf(input);
  return isExecutableFile(path) ? path : null;
}

/**
 * Builds the program and gives its path; hears of it every ten seconds through `onProgress`. Where the network fails it
 * is tried once more: Go keeps what has come by then.
 * @throws Error saying in one line why not
 */
export async function goInstall(input: {
  readonly program: GoProgram;
  readonly cacheDir: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}): Promise<string> {
  const { program, cacheDir, env, onProgress, signal } = input;
  const { name, version } = program;
  const go = findOnPath({ program: 'go', path: env['PATH'] ?? '' });
  if (go === null) throw new Error('there is no `go` on PATH');
  const home = join(cacheDir, name, version);
  mkdirSync(home, { recursive: true });
  // Built beside its place and moved there when it is whole: two builders, or one that dies, leave no half a file.
  const workshop = mkdtempSync(join(home, 'building-'));
  const startedAtMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startedAtMs) / 1000)} s`;
  onProgress(`building ${name} ${version} with go install, once; this takes a few minutes`);
  const ticker = setInterval(() => onProgress(`still building ${name}, ${elapsed()}`), TELL_EVERY_MS);
  try {
    const tags = program.tags === undefined ? [] : ['-tags', program.tags.join(',')];
    const build = (): Promise<CommandResult> =>
      runCommand({
        command: [go, 'install', ...tags, `${program.module}@${version}`],
        env: { ...goEnvironment(env), GOBIN: workshop },
        // Away from any go.mod or go.work, which would have a say in the build.
        cwd: workshop,
        timeoutMs: Math.max(1, WITHIN_MS - (performance.now() - startedAtMs)),
        ...(signal === undefined ? {} : { signal }),
      });
    let run = await build();
    const failure = networkFailureOf(run);
    if (failure !== null) {
      onProgress(`building ${name} failed on the network and is tried once more: ${failure}`);
      await pause(TRY_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {
        throw new Error('it was stopped');
      });
      run = await build();
    }
    if (run.ended === 'timeout') throw new Error(`not done after ${WITHIN_MS / 60_000} minutes`);
    if (run.ended === 'aborted') throw new Error('it was stopped');
    if (run.exit.code !== 0) throw new Error(run.lines.at(-1) ?? `it ended with code ${run.exit.code}`);
    const place = placeOf({ program, cacheDir });
    renameSync(join(workshop, name), place);
    onProgress(`${name} ${version} was built in ${elapsed()}`);
    return place;
  } finally {
    clearInterval(ticker);
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** The line that tells it; null for a build that succeeded, was ended, or failed in another way. */
function networkFailureOf({ ended, exit, lines }: CommandResult): string | null {
  if (ended !== 'by-itself' || exit.code === 0) return null;
  return lines.findLast(isNetworkFailure) ?? null;
}

function placeOf({ program, cacheDir }: { readonly program: GoProgram; readonly cacheDir: string }): string {
  return join(cacheDir, program.name, program.version, program.name);
}

/** Go for this machine, whatever the caller usually builds for; pure Go needs no C compiler. */
function goEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name === 'GOOS' || name === 'GOARCH' ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), CGO_ENABLED: '0' };
}
