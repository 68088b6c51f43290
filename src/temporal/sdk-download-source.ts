// The SDK knows how to download the `temporal` command for this platform.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { isExecutableFile } from '../processes/find-on-path.ts';
import { nodeExecutable } from '../processes/node-executable.ts';
import { runCommand } from '../processes/run-command.ts';
import type { SourceInput, TemporalSource } from './temporal-source.ts';
import { TEMPORAL_CLI_VERSION } from './versions.ts';

const CHILD = fileURLToPath(new URL('./sdk-download-child.ts', import.meta.url));
const WITHIN_MS = 5 * 60_000;
/** A network that drops packets instead of refusing them would hold the download for minutes. */
const SILENT_FOR_MS = 20_000;
const LOOK_EVERY_MS = 1_000;
const TELL_EVERY_MS = 10_000;

export const sdkDownloadSource: TemporalSource = {
  name: "the SDK's download",
  present: async (input) => downloaded(folder(input)),
  obtain: async (input) => {
    const directory = folder(input);
    mkdirSync(directory, { recursive: true });
    input.onProgress(`downloading temporal ${TEMPORAL_CLI_VERSION} with the SDK`);
    const silence = watchForSilence({ directory, onProgress: input.onProgress });
    const stops = [silence.signal, ...(input.signal === undefined ? [] : [input.signal])];
    const run = await runCommand({
      command: [nodeExecutable(), CHILD, directory, TEMPORAL_CLI_VERSION],
      env: defined(input.env),
      timeoutMs: WITHIN_MS,
      signal: AbortSignal.any(stops),
    }).finally(silence.end);
    if (run.ended === 'timeout') throw new Error(`not done after ${WITHIN_MS / 60_000} minutes`);
    if (silence.signal.aborted) throw new Error(`nothing arrived for ${SILENT_FOR_MS / 1000} s`);
    if (run.ended === 'aborted') throw new Error('it was stopped');
    const file = downloaded(directory);
    if (file === null || run.exit.code !== 0) throw new Error(reasonIn(run.lines));
    return file;
  },
};

function folder({ cacheDir }: SourceInput): string {
  return join(cacheDir, 'temporal', `${TEMPORAL_CLI_VERSION}-download`);
}

/** The SDK moves the file to its final name when it is complete. */
function downloaded(directory: string): string | null {
  const name = entries(directory).find(
    (entry) => !entry.endsWith('.downloading') && isExecutableFile(join(directory, entry)),
  );
  return name === undefined ? null : join(directory, name);
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function watchForSilence(input: { readonly directory: string; readonly onProgress: (line: string) => void }): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const controller = new AbortController();
  const startedAtMs = performance.now();
  let bytes = 0;
  let grewAtMs = startedAtMs;
  let toldAtMs = startedAtMs;
  const timer = every(() => {
    const nowMs = performance.now();
    const nowBytes = entries(input.directory).reduce((sum, entry) => sum + sizeOf(join(input.directory, entry)), 0);
    if (nowBytes !== bytes) grewAtMs = nowMs;
    bytes = nowBytes;
    if (nowMs - toldAtMs >= TELL_EVERY_MS) {
      toldAtMs = nowMs;
      input.onProgress(
        `downloading temporal: ${Math.round(bytes / 1024 / 1024)} MiB, ${Math.round((nowMs - startedAtMs) / 1000)} s`,
      );
    }
    if (nowMs - grewAtMs >= SILENT_FOR_MS) controller.abort();
  }, LOOK_EVERY_MS);
  return { signal: controller.signal, end: () => clearInterval(timer) };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The SDK's error says the same thing once for each of its layers; the last words name the cause. */
function reasonIn(lines: readonly string[]): string {
  const line = lines.find((each) => each.includes('Error: ')) ?? lines.at(-1) ?? 'no reason was given';
  return line
    .replace(/^\[?\w*Error: /, '')
    .replace(/\]$/, '')
    .split(': ')
    .slice(-2)
    .join(': ');
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
