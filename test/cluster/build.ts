// Everything that is built or fetched once and kept: programs and images.
import { join } from 'node:path';
import { CORE_DNS } from './core-dns-program.ts';
import { systemPath, systemProgram } from './programs.ts';
import { buildDebianImages } from './images/debian-images.ts';
import { provideRepositories } from './git-repositories.ts';
import { provideGoProgram, SING_BOX } from './go-programs.ts';
import { buildPauseImage, buildProbeImage, buildSingBoxImage } from './images/small-images.ts';
import type { BuiltImage } from './images/image.ts';
import { KUBERNETES } from './kubernetes-programs.ts';
import type { ClusterLayout } from './layout.ts';
import { providePinned } from './pinned-module.ts';
import type { PinnedPrograms } from './pinned-module.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `up` starts from. */
export interface Built {
  readonly kubernetes: PinnedPrograms;
  readonly coreDns: string;
  /** Go straight into containerd. */
  readonly imported: readonly BuiltImage[];
  /** Are pulled from the registry. */
  readonly pushed: readonly BuiltImage[];
  /** Bare repositories below a directory: `git/git.git`. */
  readonly repositories: { readonly directory: string; readonly paths: readonly string[] };
}

/**
 * Finds or builds all of it, the images beside Go's builds. Kubernetes is built first: then most of what CoreDNS needs,
 * and Go's own library for sing-box, is compiled. What those two lack is not the same, and much of it must be downloaded.
 */
export async function provideAll(input: {
  readonly layout: ClusterLayout;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<Built> {
  const { layout, onProgress } = input;
  const env = { ...input.env, PATH: systemPath(input.env) };
  const { cache } = layout;
  const busybox = systemProgram({ name: 'busybox', env });
  const singBoxImage = async () => {
    const singBox = await provideGoProgram({ program: SING_BOX, env, onProgress });
    return buildSingBoxImage({ cache, busybox, singBox });
  };
  const goPrograms = async () => {
    const kubernetes = await providePinned({ module: KUBERNETES, cache, env, onProgress });
    const [dns, proxy] = await Promise.all([
      providePinned({ module: CORE_DNS, cache, env, onProgress }),
      singBoxImage(),
    ]);
    return { kubernetes, coreDns: join(dns.directory, 'coredns'), proxy };
  };
  const images = async () => {
    const pause = await buildPauseImage({ cache, busybox });
    const probe = await buildProbeImage({ cache, busybox });
    const pushed = [probe, ...(await buildDebianImages({ cache, busybox, env, onProgress }))];
    return { pause, pushed, repositories: await provideRepositories({ cache, env, onProgress }) };
  };
  const [programs, { pause, pushed, repositories }] = await Promise.all([goPrograms(), images()]);
  const { kubernetes, coreDns, proxy } = programs;
  return { kubernetes, coreDns, imported: [pause, proxy], pushed, repositories };
}
