// Builds Go programs from a pinned module beside this file, once for each state of that module.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

const BUILD_WITHIN_MS = 20 * 60_000;
/** What of a module's directory its programs are made of. */
const INPUTS = /^go\.(mod|sum)$|\.go$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** A directory here with go.mod, go.sum and, where it has programs of its own, their source. */
export interface PinnedModule {
  /** The directory's name, also in the cache. */
  readonly name: string;
  /** What is built, for people. */
  readonly title: string;
  /** The module that the programs are of: its version in go.mod is theirs. */
  readonly source: string;
  /** Import paths of the programs. */
  readonly packages: readonly string[];
  /** Values that the linker writes, by variable. Default: none. */
  readonly stamps?: (release: Release) => Readonly<Record<string, string>>;
}

/** A published version. */
export interface Release {
  /** `v1.36.3`. */
  readonly version: string;
  /** When it was published: `2026-01-16T04:47:07Z`. */
  readonly time: string;
}

/** The built programs, each called like the last part of its import path. */
export interface PinnedPrograms {
  readonly directory: string;
  readonly version: string;
}

/** The version that the module's go.mod requires of `source`. @throws Error where it requires none */
export function pinnedVersion(module: PinnedModule): string {
  const required = readFileSync(join(directoryOf(module), 'go.mod'), 'utf8')
    .split('\n')
    .map((line) =>
      line
        .replace(/^require\b/, '')
        .trim()
        .split(' '),
    )
    .find(([path, version]) => path === module.source && version?.startsWith('v') === true);
  if (required?.[1] === undefined) throw new Error(`test/cluster/${module.name}/go.mod requires no ${module.source}`);
  return required[1];
}

/** Finds or builds them below `cache`, linked statically. @throws Error with the end of what Go said */
export async function providePinned(input: {
  readonly module: PinnedModule;
  readonly cache: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<PinnedPrograms> {
  const { module, onProgress } = input;
  const version = pinnedVersion(module);
  const home = join(input.cache, module.name);
  const directory = join(home, `${version}-${inputsDigest(module)}`);
  if (existsSync(directory)) return { directory, version };
  onProgress(`building ${module.title} ${version} with Go, once; this may take minutes`);
  const startedAtMs = performance.now();
  mkdirSync(home, { recursive: true });
  // Built beside its place and moved there when it is whole.
  const workshop = mkdtempSync(join(home, 'building-'));
  const own = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOOS: '', GOARCH: '' };
  // The compiler, many short processes, spends a sixth of its time on collecting garbage that would go with it anyway.
  const env = { GOGC: '400', ...input.env, ...own };
  const options = { cwd: directoryOf(module), env, timeoutMs: BUILD_WITHIN_MS };
  try {
    const release = { version, time: await releaseTime({ module, version, options }) };
    const flags = ['-ldflags', linkerFlags({ module, release })];
    // Not stamped with the state of this repository, which has no say in the programs, nor asked for it.
    await run(['go', 'build', '-buildvcs=false', ...flags, '-o', `${workshop}/`, ...module.packages], options);
    renameSync(workshop, directory);
    onProgress(`${module.title} ${version} was built in ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
    return { directory, version };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function directoryOf({ name }: PinnedModule): string {
  return fileURLToPath(new URL(`${name}/`, import.meta.url));
}

/** Asked for only where it is stamped: a module that is not yet in Go's cache is downloaded for it. */
async function releaseTime(input: {
  readonly module: PinnedModule;
  readonly version: string;
  readonly options: { readonly cwd: string; readonly env: Environment; readonly timeoutMs: number };
}): Promise<string> {
  const { module, version, options } = input;
  if (module.stamps === undefined) return '';
  const known = await run(['go', 'mod', 'download', '-json', `${module.source}@${version}`], options);
  const info = readFileSync((JSON.parse(known) as { Info: string }).Info, 'utf8');
  return (JSON.parse(info) as { Time: string }).Time;
}

function linkerFlags({ module, release }: { readonly module: PinnedModule; readonly release: Release }): string {
  const stamps = Object.entries(module.stamps?.(release) ?? {});
  return ['-s', '-w', ...stamps.map(([variable, value]) => `-X ${variable}=${value}`)].join(' ');
}

function inputsDigest(module: PinnedModule): string {
  const hash = createHash('sha256');
  const files = readdirSync(directoryOf(module)).filter((name) => INPUTS.test(name));
  for (const file of files.toSorted()) hash.update(readFileSync(join(directoryOf(module), file)));
  return hash
    .update(module.packages.map((path) => basename(path)).join())
    .update(linkerFlags({ module, release: { version: '', time: '' } }))
    .digest('hex')
    .slice(0, 12);
}
