// Who is measured: the project's own metadata proxy, and Go's plain pass-through as its peer.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_RULES } from '../../src/proxies/metadata-proxy/default-rules.ts';
import type { MetadataProxySettings } from '../../src/proxies/metadata-proxy/settings.ts';
import type { Contender } from './contender.ts';
import { goBuild } from './go-build.ts';
import { copyProgram } from './page-cache.ts';
import type { Who } from './row.ts';

const PASS_THROUGH = fileURLToPath(new URL('./pass-through', import.meta.url));
const BUN = fileURLToPath(new URL('../../node_modules/bun/bin/bun.exe', import.meta.url));
const OURS = fileURLToPath(new URL('../../programs/proxybench-metadata-proxy', import.meta.url));

/** Everybody, ready to be started. The pooled pass-through keeps as many connections to the upstream as it has clients. */
export type Contenders = Readonly<Record<Exclude<Who, 'upstream'>, Contender>>;

/** Builds what is to be built; copies go into `directory`. */
export async function createContenders({ directory }: { readonly directory: string }): Promise<Contenders> {
  const passThrough = await goBuild({ directory: PASS_THROUGH });
  const bun = await copyProgram({ program: BUN, name: 'bun', directory });
  const goContender = (name: string, options: readonly string[]): Contender => ({
    name,
    command: async ({ port, upstreamUrl }) =>
      await Promise.resolve([passThrough, ...['-listen', `127.0.0.1:${port}`, '-upstream', upstreamUrl], ...options]),
    env: {},
    files: [passThrough],
  });
  const ourContender = (name: string, caching: boolean): Contender => ({
    name,
    command: async ({ port, metricsPort, upstreamUrl, directory: home }) => {
      const file = join(home, 'settings.json');
      await writeFile(file, JSON.stringify(settings({ port, metricsPort, upstreamUrl, caching })));
      return [OURS, '--settings', file];
    },
    env: { PROXYBENCH_BUN: bun.path, LD_LIBRARY_PATH: bun.libraries },
    files: bun.files,
  });
  return {
    'pass-through': goContender('pass-through', []),
    'pass-through-pooled': goContender('pass-through-pooled', ['-idle', '200']),
    ours: ourContender('ours', true),
    'ours-passing': ourContender('ours-passing', false),
  };
}

function settings(input: {
  readonly port: number;
  readonly metricsPort: number;
  readonly upstreamUrl: string;
  readonly caching: boolean;
}): MetadataProxySettings {
  const host = '127.0.0.1';
  return {
    listen: { host, port: input.port },
    metrics: { host, port: input.metricsPort },
    upstream: input.upstreamUrl,
    rules: DEFAULT_RULES,
    maxConnections: 100,
    merge: input.caching,
    cache: input.caching,
    tokenMarginMs: 300_000,
    clientTimeoutMs: 60_000,
    upstreamTimeoutMs: 60_000,
    longestWaitMs: 3_600_000,
    stopGraceMs: 10_000,
    accessLog: false,
  };
}
