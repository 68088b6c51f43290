// Finds a Temporal to work with: the one that the user names, else a command to start one with, fetched if need be.
import { messageOf, UnreachableError } from '../errors/errors.ts';
import { cacheDirectory } from '../processes/go-install.ts';
import { connectTemporal } from './connection.ts';
import { connectionSettings } from './connection-settings.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { goInstallSource } from './go-install-source.ts';
import { pathSource } from './path-source.ts';
import { sdkDownloadSource } from './sdk-download-source.ts';
import type { SourceInput, TemporalSource } from './temporal-source.ts';

/** A running server, or the command that starts one. */
export type FoundTemporal =
  | { readonly kind: 'server'; readonly settings: ConnectionSettings }
  | { readonly kind: 'command'; readonly binary: string; readonly source: string };

/** In the order in which they are asked. */
const TEMPORAL_SOURCES: readonly TemporalSource[] = [pathSource, sdkDownloadSource, goInstallSource];

interface FindRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: nobody hears. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Default: `TEMPORAL_SOURCES`. */
  readonly sources?: readonly TemporalSource[];
}

/**
 * The server at TEMPORAL_ADDRESS where that is set and answers; it is never passed over for another. Else the
 * `temporal` command, see `findTemporalCommand`.
 * @throws UnreachableError
 */
export async function findTemporal(request: FindRequest): Promise<FoundTemporal> {
  if ((request.env['TEMPORAL_ADDRESS'] ?? '') === '') {
    return { kind: 'command', ...(await findTemporalCommand(request)) };
  }
  const settings = connectionSettings({ env: request.env });
  request.onProgress?.(`using Temporal at ${settings.address} (TEMPORAL_ADDRESS)`);
  const temporal = await connectTemporal(settings);
  await temporal.close();
  return { kind: 'server', settings };
}

/**
 * The `temporal` command: what is on the PATH or was fetched before, else what the first source can fetch or build.
 * @throws UnreachableError telling of every way that was tried and why it failed
 */
export async function findTemporalCommand(
  request: FindRequest,
): Promise<{ readonly binary: string; readonly source: string }> {
  const { env, signal, onProgress = () => undefined, sources = TEMPORAL_SOURCES } = request;
  const input: SourceInput = {
    env,
    onProgress,
    cacheDir: cacheDirectory(env),
    ...(signal === undefined ? {} : { signal }),
  };
  for (const source of sources) {
    const binary = await source.present(input);
    if (binary !== null) return { binary, source: source.name };
  }
  const failures: string[] = [];
  for (const source of sources) {
    signal?.throwIfAborted();
    try {
      return { binary: await source.obtain(input), source: source.name };
    } catch (thrown) {
      failures.push(`${source.name}: ${messageOf(thrown)}`);
      onProgress(`no Temporal from ${source.name}: ${messageOf(thrown)}`);
    }
  }
  throw new UnreachableError(
    ['No Temporal server is to be had on this machine:', ...failures.map((failure) => `  ${failure}`)].join('\n'),
    'Set TEMPORAL_ADDRESS to a running one, or install the `temporal` command or Go, and run this again',
  );
}
