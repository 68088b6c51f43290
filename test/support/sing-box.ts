// The real proxy that the Clash API is checked against: SING_BOX where it names one, else a pinned build of Go's.
import { builtBefore, cacheDirectory, type GoProgram, goInstall } from '../../src/processes/go-install.ts';

const program: GoProgram = {
  name: 'sing-box',
  module: 'github.com/sagernet/sing-box/cmd/sing-box',
  version: 'v1.14.1',
  tags: ['with_clash_api'],
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Its path where it is there already, else null. */
export function findSingBox(env: Environment): string | null {
  return env['SING_BOX'] ?? builtBefore({ program, cacheDir: cacheDirectory(env) });
}

/** Finds or builds it. @throws Error saying in one line why not */
export async function provideSingBox(input: {
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<string> {
  return findSingBox(input.env) ?? (await goInstall({ ...input, program, cacheDir: cacheDirectory(input.env) }));
}
